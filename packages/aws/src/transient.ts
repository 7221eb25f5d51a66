/**
 * What Step Functions calls failures of the services themselves, which pass by themselves: no attempt of a task has failed.
 *
 * Lambda's are those of https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception.
 * ECS's have the names of its API (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#API_RunTask_Errors);
 * what that doesn't name, throttling among it, comes as `AmazonECSException`, and as `InvalidParameterException` where ECS was
 * throttled while it looked up the subnets.
 */
export const transientErrors: { readonly lambda: readonly string[]; readonly ecs: readonly string[] } = {
  lambda: [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
  ],
  ecs: [
    "ECS.AmazonECSException",
    "ECS.SdkClientException",
    "ECS.ServerException",
    "ECS.ThrottlingException",
    "ECS.InvalidParameterException",
  ],
};
