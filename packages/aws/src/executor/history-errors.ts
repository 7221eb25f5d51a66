import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { GlacierError } from "@glacier/core";
import type { CaughtError, Deployment } from "../deployment.ts";

/** As the history's events have them. */
type Details = { readonly error?: string | undefined; readonly cause?: string | undefined };

/** The error of an execution that was stopped. */
export function stoppedThere(
  { pipeline }: Deployment,
  runId: string,
  { error = "", cause = "" }: Details = {},
): GlacierError {
  const why = [error === "CANCELLED" ? "" : error, cause].filter((part) => part !== "").join(": ");
  return new GlacierError("CANCELLED", {
    message: `run ${runId} was stopped in Step Functions${why === "" ? "" : `: ${why}`}`,
    hint: `Resume it, with Glacier's own scheduler: what is committed is not done again (mode: "direct", resume: "${runId}").`,
    context: { pipeline, runId },
  });
}

/** The error of an execution that took longer than it may. */
export function tookTooLong({ pipeline }: Deployment, runId: string): GlacierError {
  return new GlacierError("TASK_TIMEOUT", {
    message: `run ${runId} took longer than its state machine may`,
    hint: "AWSTarget sets no such limit: look for a TimeoutSeconds that was added to the state machine, or what waited for a year.",
    context: { pipeline, runId },
  });
}

/** What a failed attempt failed with. */
export function detailsOf(event: HistoryEvent): CaughtError {
  const details =
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.taskSubmitFailedEventDetails ??
    event.taskStartFailedEventDetails ??
    event.lambdaFunctionFailedEventDetails ??
    event.lambdaFunctionTimedOutEventDetails;
  return { Error: details?.error ?? "States.TaskFailed", Cause: details?.cause ?? "" };
}
