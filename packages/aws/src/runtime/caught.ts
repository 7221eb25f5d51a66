import { deserializeError, type ErrorCode, errorCodes, GlacierError, type SerializedError } from "@glacier/core";
import { type CaughtError, deploy, variables } from "../deployment.ts";
import { containerName } from "../overrides.ts";

/** What failed, as Lambda tells it: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface FunctionError {
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly trace?: readonly string[];
}

/** The error of a task, or of whatever kept it from running, from what Step Functions caught. */
export function caughtError({ Error: name, Cause: cause }: CaughtError): GlacierError {
  const told = parse(cause);
  if (told !== undefined && "errorMessage" in told)
    return functionError({ errorType: name, ...(told as FunctionError) });
  if (told !== undefined && "Containers" in told) return containerError(told as unknown as StoppedTask);
  return functionError({ errorType: name, errorMessage: cause });
}

/** The error of a function: its own where it could say it, else what Lambda says of how it ended. */
export function functionError({ errorType = "Error", errorMessage = "", trace }: FunctionError): GlacierError {
  const own = parse(errorMessage);
  if (own !== undefined && typeof own["code"] === "string" && own["code"] in errorCodes)
    return deserializeError(own as unknown as SerializedError);
  const said = `${errorType}: ${errorMessage}`;
  const known = rules.find(({ when }) => when.test(said));
  const [code, hint] = known === undefined ? unknown : [known.code, known.hint];
  // Lambda names both what it killed and what crashed so, and a state machine compares names: tried again, in either mode.
  const killed = code === "OUT_OF_MEMORY" && errorType === "Runtime.ExitError";
  const exitCode = /exit status (\d+)/.exec(errorMessage)?.[1];
  return new GlacierError(code, {
    message:
      known?.message ??
      `${known?.what ?? (known === undefined ? "its process ended" : "it could not be started")}: ${said}`,
    hint,
    ...(killed && { retryable: true }),
    ...(trace !== undefined &&
      trace.length > 0 && { cause: Object.assign(new Error(errorMessage), { stack: trace.join("\n") }) }),
    context: exitCode === undefined ? {} : { exitCode: Number(exitCode) },
  });
}

interface Rule {
  readonly when: RegExp;
  readonly code: ErrorCode;
  readonly hint: string;
  /** All that is said of it. */
  readonly message?: string;
  /** What stands before the service's own words, where it isn't that something kept the task from starting. */
  readonly what?: string;
}

const lookIntoLog =
  "Look for process.exit() or an unhandled rejection in the task's code or its libraries; its log in CloudWatch has the last words.";
const unknown = ["TASK_CRASHED", lookIntoLog] as const;

const rules: readonly Rule[] = [
  {
    when: /Sandbox\.Timedout|Task timed out after|States\.(Heartbeat)?Timeout/,
    code: "TASK_TIMEOUT",
    message: "it took longer than its timeout, and did not stop by itself",
    hint: "Raise its timeout (the task's, or compute.serverless({ timeout })), or look for a loop that never lets go: it can't be told to stop.",
  },
  {
    when: /OutOfMemory|signal: killed/,
    code: "OUT_OF_MEMORY",
    message: "it needed more memory than it has",
    hint: "Raise the compute's memory, or stream rows instead of keeping them all.",
  },
  {
    // https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation
    when: /^States\.(Runtime|DataLimitExceeded|ExceedToleratedFailureThreshold|IntrinsicFailure|ParameterPathFailure|QueryEvaluationError|ResultPathMatchFailure|NoChoiceMatched)/,
    code: "INTERNAL",
    what: "the state machine itself failed",
    hint: "This is a defect of what AWSTarget emits, unless the state machine was changed by hand or by a transform; please report it.",
  },
  {
    when: /TooManyRequests|Throttl|Rate exceeded/,
    code: "THROTTLED",
    hint: "Raise the account's quota (of concurrent functions, of tasks that ECS starts), or start fewer at once.",
  },
  {
    when: /AccessDenied|not authorized|States\.Permissions/,
    code: "PERMISSION_DENIED",
    hint: "Deploy what AWSTarget emits again: it has the policies that are needed.",
  },
  {
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#API_RunTask_Errors: a task definition has no name of its own for that.
    when: /^\w+\.(ResourceNotFound|ClusterNotFound)|TaskDefinition not found/,
    code: "NOT_FOUND",
    hint: deploy,
  },
  {
    when: /^ECS\.InvalidParameter/,
    code: "OPTION_INVALID",
    hint: "Check the subnets and security groups of AWSTarget({ network }), compile and apply.",
  },
  {
    when: /^(Lambda|ECS|AWSLambda|AmazonECS)\.(?!Unknown)/,
    code: "UNAVAILABLE",
    hint: "Try again; the AWS Health Dashboard knows of outages.",
  },
];

/** A task of ECS's that has ended: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
interface StoppedTask {
  readonly StopCode?: string;
  readonly StoppedReason?: string;
  readonly Overrides?: {
    readonly ContainerOverrides?: readonly {
      readonly Environment?: readonly { readonly Name?: string; readonly Value?: string }[];
    }[];
  };
  readonly Containers: readonly { readonly Name?: string; readonly ExitCode?: number; readonly Reason?: string }[];
}

/** Who ends a task for reasons of their own. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html#ECS-Type-Task-stopCode */
const takenAway: ReadonlySet<string | undefined> = new Set([
  "ServiceSchedulerInitiated",
  "SpotInterruption",
  "TerminationNotice",
  "UserInitiated",
]);

/** The error of a container that didn't end well; what its task's code threw is in the journal. */
export function containerError({ StopCode, StoppedReason, Overrides, Containers }: StoppedTask): GlacierError {
  // Others stand beside it where the account watches its tasks, or a transform adds some.
  const container = Containers.find(({ Name }) => Name === containerName);
  const reason = container?.Reason ?? StoppedReason ?? "";
  const exitCode = container?.ExitCode;
  const environment = Overrides?.ContainerOverrides?.flatMap(({ Environment = [] }) => Environment);
  const task = environment?.find(({ Name }) => Name === variables.task)?.Value;
  const context = { ...(task !== undefined && { task }), ...(exitCode !== undefined && { exitCode }) };
  const its = task === undefined ? "its" : `task "${task}": its`;
  if (/CannotPull|ImageNotFound/.test(reason))
    return new GlacierError("IMAGE_UNAVAILABLE", {
      message: `${its} image can't be pulled: ${reason}`,
      hint: "Push it: glacier push.",
      context,
    });
  // What is stopped and doesn't end by itself is killed, too.
  const killed = exitCode === 137 && !takenAway.has(StopCode);
  if (/OutOfMemory/.test(reason) || killed)
    return new GlacierError("OUT_OF_MEMORY", {
      message: `${its} container needed more memory than it has${reason === "" ? "" : `: ${reason}`}`,
      hint: "Raise compute.container({ memory }), or stream rows instead of keeping them all.",
      context,
    });
  if (takenAway.has(StopCode))
    return new GlacierError("EVICTED", {
      message: `${its} container was stopped${StoppedReason === undefined ? "" : `: ${StoppedReason}`}`,
      hint: "Give the task retries: the next attempt gets another container. Where somebody stopped it, CloudTrail says who (StopTask).",
      context,
    });
  if (StopCode === "TaskFailedToStart")
    return new GlacierError("UNAVAILABLE", {
      message: `${its} container could not be started${reason === "" ? "" : `: ${reason}`}`,
      hint: "It needs a way from its subnets to ECR, CloudWatch Logs and S3, and the roles that AWSTarget emits: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html.",
      context,
    });
  return new GlacierError("TASK_CRASHED", {
    message: `${its} container ended${exitCode === undefined ? "" : ` with exit code ${exitCode}`}${reason === "" ? "" : `: ${reason}`}`,
    hint: lookIntoLog,
    context,
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
