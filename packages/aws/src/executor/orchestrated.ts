import {
  type ErrorCode,
  type ExecutionContext,
  GlacierError,
  isGlacierError,
  type PipelineRun,
  type RunStatus,
} from "@glacier/core";
import { finishRun, type RemoteSource, sleep } from "@glacier/core/execute";
import { stateMachineName } from "../names.ts";
import { checkParams } from "../run-data.ts";
import type { Clients } from "./clients.ts";
import type { Deployed } from "./deployed.ts";
import { type HistoryEvents, openExecution } from "./execution.ts";
import { type End, History } from "./history.ts";
import { openSegments } from "./segments.ts";

/** Milliseconds between looks at an execution: longer and longer while nothing happens. */
const shortestPause = 1000;
const longestPause = 10_000;

/** Failures in a row, of the network's or the services', through which a run is still followed: it goes on by itself. */
const mostFailures = 60;

/**
 * Starts the deployed state machine, or follows its execution of that name, until it is over; stops it when the signal fires.
 * A run that is resumed is one whose execution is still under way.
 * Errors: `OPTION_INVALID`, `UNSUPPORTED`, `NOT_FOUND`, `PERMISSION_DENIED`, `THROTTLED`, `UNAVAILABLE`, and what failed outside of the tasks.
 */
export async function runMachine(
  run: PipelineRun,
  { plan, registry, signal, emit }: ExecutionContext,
  deployed: Deployed,
  clients: Clients,
): Promise<RunStatus> {
  refuse(run);
  const { runId } = run;
  const machine = stateMachineName(plan);
  const executionArn = deployed.arn("states", `execution:${machine}:${runId}`);
  const execution = await openExecution(machine, executionArn, plan, clients);
  if (!run.resumed) await execution.start(run, deployed.arn("states", `stateMachine:${machine}`));
  else if (!(await execution.isRunning())) throw unable(runId, "go on with a run that has ended", "UNSUPPORTED");

  const segments = openSegments(plan, runId, registry);
  const history = new History(plan, runId, segments, emit);
  let pause = shortestPause;
  let stopping = false;
  for (let failures = 0; ; ) {
    let events: HistoryEvents = [];
    try {
      if (signal.aborted && !stopping) {
        await execution.stop();
        stopping = true;
      }
      await execution.look();
      // What an attempt wrote is there before the history tells of its end.
      await segments.refresh();
      events = execution.news();
      failures = 0;
    } catch (error) {
      if (!isGlacierError(error)) throw error;
      if (!error.retryable || ++failures > mostFailures) throw outOfSight(runId, error);
    }
    const end = history.take(events);
    if (end !== undefined) {
      if (end.status !== "succeeded") await tellEnd(runId, end, { plan, registry });
      const ours = end.status === "cancelled" && signal.aborted;
      if (end.error !== undefined && !ours) throw end.error;
      return end.status;
    }
    pause = events.length > 0 || signal.aborted ? shortestPause : Math.min(longestPause, pause * 1.5);
    await sleep(pause, signal.aborted ? undefined : signal).catch(() => {});
  }
}

/** Writes the end of a run into its journal where its last step couldn't: the execution was stopped, or that step failed. */
async function tellEnd(runId: string, { error }: End, where: Pick<RemoteSource, "plan" | "registry">): Promise<void> {
  try {
    await finishRun(where, { runId }, error ?? runLost(runId));
  } catch (failure) {
    // It was stopped before its first step.
    if (isGlacierError(failure, "RUN_NOT_FOUND")) return;
    if (!isGlacierError(failure)) throw failure;
    const { code, message, hint, context } = failure;
    throw new GlacierError(code, {
      message: `run ${runId} has ended, and its journal can't say how: ${message}`,
      hint,
      cause: failure,
      context: { ...context, runId },
    });
  }
}

/** The error of a run that can't be followed: expired credentials, say. It doesn't need this process. */
function outOfSight(runId: string, { code, message, hint, cause, context }: GlacierError): GlacierError {
  return new GlacierError(code, {
    message:
      code === "NOT_FOUND"
        ? `run ${runId} can't be followed: ${message}`
        : `run ${runId} goes on, and can't be followed: ${message}`,
    hint: `${hint} Then follow it again: resume it (glacier run --resume ${runId}), or run({ runId: "${runId}" }) with the same params.`,
    cause,
    context: { ...context, runId },
  });
}

/** The failure of tasks that are told one by one. */
function runLost(runId: string): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `run ${runId} failed, and could not say of whom`,
    hint: "The execution's history in Step Functions has what happened.",
    context: { runId },
  });
}

/** What a state machine can't do. */
function refuse({ runId, params, selected, keepGoing, concurrency }: PipelineRun): void {
  if (selected !== "all") throw unable(runId, "run some tasks only: it is compiled from all of them");
  if (keepGoing) throw unable(runId, "keep going after a failure");
  if (concurrency !== undefined) throw unable(runId, "limit how many attempts run side by side");
  checkParams(params, runId);
  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
  if (runId.length <= 80) return;
  throw new GlacierError("OPTION_INVALID", {
    message: `run id ${runId} has ${runId.length} characters, and the name of an execution has at most 80`,
    hint: "Use a shorter one.",
    context: { runId },
  });
}

function unable(runId: string, what: string, code: ErrorCode = "OPTION_INVALID"): GlacierError {
  return new GlacierError(code, {
    message: `run ${runId}: the state machine can't ${what}`,
    hint: 'Glacier\'s own scheduler can: new AWSExecutor({ mode: "direct" }). It also goes on with a run that the state machine began.',
    context: { runId },
  });
}
