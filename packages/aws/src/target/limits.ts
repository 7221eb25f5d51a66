import { type Diagnostic, type ErrorCode, type ErrorContext, GlacierError } from "@glacier/core";

/** A limit of AWS's, with the page that it is from. */
export interface Limit {
  readonly max: number;
  readonly page: string;
}

type LimitName =
  | "functionMemory"
  | "functionTimeout"
  | "zipUnpacked"
  | "environment"
  | "taskDefinition"
  | "inlinePolicy"
  | "managedPolicy"
  | "managedPoliciesPerRole"
  | "definition"
  | "history"
  | "templateResources"
  | "templateBytes";

const lambdaPage = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const statesPage = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html";
const iamPage = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
const cloudFormationPage = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html";

/** Every number of AWS's that a pipeline can come up against. */
export const limits: { readonly [name in LimitName]: Limit } = {
  /** MB. */
  functionMemory: { max: 10_240, page: lambdaPage },
  /** Seconds. */
  functionTimeout: { max: 900, page: lambdaPage },
  /** Bytes of the zip's files. */
  zipUnpacked: { max: 250 * 2 ** 20, page: lambdaPage },
  /** Bytes of a function's environment, names and values. */
  environment: { max: 4096, page: lambdaPage },
  /** Bytes of a task definition. */
  taskDefinition: {
    max: 64 * 1024,
    page: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html",
  },
  /** Characters of a role's inline policies together, without white space. */
  inlinePolicy: { max: 10_240, page: iamPage },
  /** Characters of a managed policy, without white space. */
  managedPolicy: { max: 6144, page: iamPage },
  managedPoliciesPerRole: { max: 10, page: iamPage },
  /** Bytes of a state machine's definition. */
  definition: { max: 2 ** 20, page: statesPage },
  /** Events of one execution. */
  history: { max: 25_000, page: statesPage },
  templateResources: { max: 500, page: cloudFormationPage },
  /** Bytes of a template that is read from S3; one that is sent along has at most 51,200. */
  templateBytes: { max: 2 ** 20, page: cloudFormationPage },
};

/** MB of the smallest function. */
export const leastFunctionMemory = 128;

/** CPU units, and the MiB that each goes with. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html */
export const fargateSizes: readonly { readonly cpu: number; readonly memory: readonly number[] }[] = [
  { cpu: 256, memory: [512, 1024, 2048] },
  { cpu: 512, memory: steps(1024, 4096, 1024) },
  { cpu: 1024, memory: steps(2048, 8192, 1024) },
  { cpu: 2048, memory: steps(4096, 16_384, 1024) },
  { cpu: 4096, memory: steps(8192, 30_720, 1024) },
  { cpu: 8192, memory: steps(16_384, 61_440, 4096) },
  { cpu: 16_384, memory: steps(32_768, 122_880, 8192) },
];
export const fargatePage = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html";

/** Names that Lambda sets itself. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export const reservedVariables: ReadonlySet<string> = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);

/**
 * Names that ECS sets on Fargate, and those that would take the place of the task's role.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html,
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
 */
export const reservedContainerVariables: ReadonlySet<string> = new Set([
  "AWS_ACCESS_KEY_ID",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_REGION",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "ECS_AGENT_URI",
  "ECS_CONTAINER_METADATA_URI",
  "ECS_CONTAINER_METADATA_URI_V4",
]);

/** A remark, as targets give it. */
export function remark(
  severity: Diagnostic["severity"],
  code: ErrorCode,
  message: string,
  hint: string,
  context: ErrorContext = {},
): Diagnostic {
  return { severity, error: new GlacierError(code, { message, hint, context }) };
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, i) => from + i * by);
}
