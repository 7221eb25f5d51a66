import type { InvocationResponse } from "@aws-sdk/client-lambda";
import { GlacierError, isGlacierError } from "@glacier/core";
import { raceAbort, sleep } from "@glacier/core/execute";
import type { TaskAnswer } from "../deployment.ts";
import { functionName } from "../names.ts";
import { checkPayload } from "../run-data.ts";
import { functionError } from "../runtime/caught.ts";
import type { Clients } from "./clients.ts";
import type { DirectAttempt } from "./direct.ts";
import { describeReport, parseReport, type Report } from "./report.ts";
import { serviceError, wasTurnedAway } from "./service-errors.ts";

/**
 * Runs one attempt in its function. A function can't be stopped: after a timeout it is waited for, since it ends by its own
 * timeout; after a cancel it goes on alone, to its end.
 * Errors: the handler's own; `TASK_TIMEOUT`, `TASK_CRASHED`, `OUT_OF_MEMORY`, `PARAMS_INVALID`, `NOT_FOUND`, `PERMISSION_DENIED`, `THROTTLED`,
 * `UNAVAILABLE`.
 */
export async function runFunction(attempt: DirectAttempt, clients: Clients): Promise<void> {
  const { signal, request } = attempt;
  signal.throwIfAborted();
  const invoked = invoke(attempt, clients);
  const answer = await raceAbort(invoked, signal).catch((error: unknown) => {
    if (!signal.aborted || !isGlacierError(signal.reason, "TASK_TIMEOUT")) throw error;
    return raceAbort(invoked, AbortSignal.timeout(grace), () => signal.reason);
  });
  const report = parseReport(Buffer.from(answer.LogResult ?? "", "base64").toString());
  if (report !== undefined) attempt.note(describeReport(report));
  const told = parse(answer.Payload);
  if (answer.FunctionError !== undefined) throw failure(request.task, told, report);
  if (!isAnswer(told, request)) throw noFunction(request.task, answer.StatusCode);
}

/** Milliseconds that a function gets to end by itself after its timeout: the start of a machine doesn't count for it. */
const grace = 60_000;

/** Invocations that were turned away have not run, so they are repeated here, and count as no attempt. */
const longestWait = 60_000;
const triesAtMost = 9;

async function invoke({ plan, request, signal }: DirectAttempt, clients: Clients): Promise<InvocationResponse> {
  const name = functionName(plan, request.task);
  const payload = JSON.stringify(request);
  checkPayload(payload, request.run.runId);
  const { sdk, client } = await clients.lambda();
  const command = new sdk.InvokeCommand({
    FunctionName: name,
    InvocationType: "RequestResponse",
    LogType: "Tail",
    Payload: payload,
  });
  for (let tries = 1; ; tries++) {
    try {
      return await client.send(command);
    } catch (error) {
      if (!wasTurnedAway(error) || tries === triesAtMost) throw refused(error, name, request.task);
      const pause = Math.random() * Math.min(longestWait, 500 * 2 ** tries);
      // Once it has fired, nobody would hear what the function does.
      await sleep(pause, signal).catch(() => {
        throw refused(error, name, request.task);
      });
    }
  }
}

function refused(error: unknown, name: string, task: string): GlacierError {
  return serviceError(error, {
    what: `invoke function "${name}" of task "${task}"`,
    action: `lambda:InvokeFunction on function ${name}`,
    missing: `task "${task}" is not deployed here: there is no function "${name}"`,
    context: { task },
  });
}

function parse(payload: Uint8Array | undefined): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Whether an attempt's handler answered, and not a proxy on the way. */
function isAnswer(told: Partial<TaskAnswer>, { task, attempt }: TaskAnswer): boolean {
  return told.task === task && told.attempt === attempt;
}

function noFunction(task: string, status: number | undefined): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `task "${task}": what answered its invocation${status === undefined ? "" : ` (status ${status})`} is not its function, so whether it ran isn't known`,
    hint: "Look at the proxy or gateway between this machine and Lambda (the option `endpoint`), and deploy what AWSTarget emits again.",
    context: { task },
  });
}

/** The handler's own error, or what Lambda says of a process that ended without one, with what it used. */
function failure(task: string, told: Parameters<typeof functionError>[0], report: Report | undefined): GlacierError {
  const error = functionError(told);
  const { code, message, hint, retryable, issues, cause, context } = error;
  if (context.task !== undefined) return error;
  const figures =
    report === undefined
      ? {}
      : {
          durationMs: report.duration,
          memory: report.memory,
          maxMemory: report.maxMemory,
          requestId: report.requestId,
        };
  // Lambda kills what runs out of memory, and says of it no more than that.
  const full = code === "TASK_CRASHED" && report !== undefined && report.maxMemory >= report.memory;
  return new GlacierError(full ? "OUT_OF_MEMORY" : code, {
    message: `task "${task}": ${message}${report === undefined ? "" : ` (${describeReport(report)})`}`,
    hint: full ? "Raise compute.serverless({ memory }), or stream rows instead of keeping them all." : hint,
    retryable,
    issues,
    cause,
    context: { task, ...context, ...figures },
  });
}
