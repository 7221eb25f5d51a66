import { type ErrorCode, errorCodes, type Plan, type RetryPolicy } from "@glacier/core";
import { retryableError, variables } from "../deployment.ts";
import { clusterName, functionName, taskFamily } from "../names.ts";
import { containerName } from "../overrides.ts";
import type { Sized } from "./compute.ts";
import type { Settings } from "./settings.ts";
import { ParameterList, type Value } from "./text.ts";

/** A state with its name. */
export type State = readonly [name: string, fields: { readonly [key: string]: Value }];

/** The state that runs a task: a function, or a container until its end. What it answers is dropped, so that the run's own state stays small. */
export function taskState(plan: Plan, index: number, sizes: ReadonlyMap<string, Sized>, settings: Settings): State {
  const task = plan.tasks[index] as Plan["tasks"][number];
  const sized = sizes.get(task.name) as Sized;
  const { deployment } = settings;
  const { lambda, ecs } = services(settings);
  if (sized.kind === "function") {
    const payload = { task: task.name, "attempt.$": attempt, "run.$": "$" };
    return [
      task.name,
      {
        Type: "Task",
        Resource: lambda.resource,
        Parameters: { FunctionName: functionName(deployment, task.name), Payload: payload },
        ResultPath: null,
        TimeoutSeconds: sized.timeout + startTime.function,
        Retry: [lambda.retry, ...retryOf(task.retry, retryableInFunctions)],
      },
    ];
  }
  return [
    task.name,
    {
      Type: "Task",
      Resource: ecs.resource,
      Parameters: {
        LaunchType: "FARGATE",
        Cluster: clusterName(deployment),
        TaskDefinition: taskFamily(deployment, task.name),
        NetworkConfiguration: { AwsvpcConfiguration: networkOf(settings) },
        Overrides: {
          ContainerOverrides: [
            {
              Name: containerName,
              Environment: [
                { Name: variables.task, Value: task.name },
                { Name: variables.attempt, "Value.$": `States.Format('{}', ${attempt})` },
                { Name: variables.run, "Value.$": "States.JsonToString($)" },
              ],
            },
          ],
        },
      },
      ResultPath: null,
      ...(sized.limit !== undefined && { TimeoutSeconds: Math.ceil(sized.limit) + startTime.container }),
      Retry: [ecs.retry, ...retryOf(task.retry, ["States.TaskFailed", "States.Timeout"])],
    },
  ];
}

/** The number of the attempt, from 1. */
const attempt = "States.MathAdd($$.State.RetryCount, 1)";

/** Seconds beyond its own timeout that a task may take to start. */
const startTime = { function: 60, container: 600 } as const;

/** Names of what may be tried again: errors of Glacier's, and a function that ended before it answered. */
const retryableInFunctions: readonly string[] = [
  ...(Object.keys(errorCodes) as ErrorCode[]).filter((code) => errorCodes[code]),
  retryableError,
  "Runtime.ExitError",
  "Sandbox.Timedout",
  "Lambda.Unknown",
  "States.Timeout",
];

function retryOf({ max, delay, factor, maxDelay, jitter }: RetryPolicy, errors: readonly string[]): Value[] {
  if (max === 0) return [];
  const interval = Math.max(1, Math.ceil(Math.min(delay, maxDelay)));
  return [
    {
      ErrorEquals: errors,
      MaxAttempts: max,
      IntervalSeconds: interval,
      BackoffRate: Math.max(1, factor),
      // A cap must be above the first interval.
      ...(maxDelay > interval ? { MaxDelaySeconds: Math.ceil(maxDelay) } : { BackoffRate: 1 }),
      ...(jitter > 0 && { JitterStrategy: "FULL" }),
    },
  ];
}

/** What runs tasks. */
interface Service {
  readonly resource: string;
  readonly retry: Value;
}

/** Services that run tasks, and what they fail with for a moment through no fault of the task's. */
export function services({ partition }: Settings): { readonly lambda: Service; readonly ecs: Service } {
  const transient = (errors: readonly string[]): Value => ({
    ErrorEquals: errors,
    IntervalSeconds: 1,
    MaxAttempts: 8,
    MaxDelaySeconds: 60,
    BackoffRate: 2,
    JitterStrategy: "FULL",
  });
  return {
    // https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
    lambda: {
      resource: `arn:${partition}:states:::lambda:invoke`,
      retry: transient([
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.ClientExecutionTimeoutException",
      ]),
    },
    ecs: {
      resource: `arn:${partition}:states:::ecs:runTask.sync`,
      retry: transient(["ECS.AmazonECSException", "ECS.ServerException", "ECS.ThrottlingException"]),
    },
  };
}

function networkOf({ network }: Settings): { readonly [key: string]: Value } {
  return {
    Subnets: network?.subnets ?? new ParameterList("subnets"),
    SecurityGroups: network?.securityGroups ?? new ParameterList("securityGroups"),
    AssignPublicIp: network?.assignPublicIp === true ? "ENABLED" : "DISABLED",
  };
}
