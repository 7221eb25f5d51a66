import type { SFNClient } from "@aws-sdk/client-sfn";
import {
  type ExecutionContext,
  GlacierError,
  isGlacierError,
  type PipelineRun,
  type Plan,
  type RunStatus,
} from "@glacier/core";
import { finishRun, type RemoteSource, sleep } from "@glacier/core/execute";
import { stateMachineName } from "../names.ts";
import type { Clients } from "./clients.ts";
import type { Deployed } from "./deployed.ts";
import { type End, History } from "./history.ts";
import { openSegments } from "./segments.ts";
import { serviceError } from "./service-errors.ts";

/** Milliseconds between looks at an execution: longer and longer while nothing happens. */
const shortestPause = 1000;
const longestPause = 10_000;

/** Failures in a row, of the network's or the services', through which a run is still followed: it goes on by itself. */
const mostFailures = 60;

/**
 * Starts the deployed state machine, or follows its execution of that name, until it is over; stops it when the signal fires.
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
  await execution.start(run, deployed.arn("states", `stateMachine:${machine}`));

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
      if (!isGlacierError(error) || !error.retryable || ++failures > mostFailures) throw error;
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

/** The failure of tasks that are told one by one. */
function runLost(runId: string): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `run ${runId} failed, and could not say of whom`,
    hint: "The execution's history in Step Functions has what happened.",
    context: { runId },
  });
}

/** What a state machine can't do. */
function refuse({ runId, selected, keepGoing, concurrency, resumed }: PipelineRun): void {
  const direct = 'new AWSExecutor({ mode: "direct" })';
  const what =
    selected !== "all"
      ? "run some tasks only: it is compiled from all of them"
      : keepGoing
        ? "keep going after a failure"
        : concurrency !== undefined
          ? "limit how many attempts run side by side"
          : resumed
            ? `go on with a run that has ended`
            : undefined;
  if (what !== undefined) {
    throw new GlacierError(resumed ? "UNSUPPORTED" : "OPTION_INVALID", {
      message: `run ${runId}: the state machine can't ${what}`,
      hint: `Glacier's own scheduler can: ${direct}. It also goes on with a run that the state machine began.`,
      context: { runId },
    });
  }
  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
  if (runId.length <= 80) return;
  throw new GlacierError("OPTION_INVALID", {
    message: `run id ${runId} has ${runId.length} characters, and the name of an execution has at most 80`,
    hint: "Use a shorter one.",
    context: { runId },
  });
}

interface Execution {
  start(run: PipelineRun, stateMachineArn: string): Promise<void>;
  /** Reads the history as far as it goes. */
  look(): Promise<void>;
  /** What was read since the last call. */
  news(): HistoryEvents;
  stop(): Promise<void>;
}

type HistoryEvents = Parameters<History["take"]>[0];

async function openExecution(machine: string, executionArn: string, plan: Plan, clients: Clients): Promise<Execution> {
  const { sdk, client } = await clients.sfn();
  const { pipeline } = plan;
  let last = 0;
  let page: string | undefined;
  let unheard: HistoryEvents[number][] = [];

  /** Sends one request; errors are GlacierErrors. */
  async function call<T>(what: string, action: string, send: (client: SFNClient) => Promise<T>): Promise<T> {
    try {
      return await send(client);
    } catch (error) {
      throw serviceError(error, {
        what: `${what} of state machine "${machine}"`,
        action: `states:${action} on state machine ${machine} and its executions`,
        missing: `pipeline "${pipeline}" is not deployed here: there is no state machine "${machine}"`,
        context: { pipeline },
      });
    }
  }

  return {
    async start({ runId, params }, stateMachineArn) {
      const input = JSON.stringify({ runId, params });
      const command = new sdk.StartExecutionCommand({ stateMachineArn, name: runId, input });
      await call("start an execution", "StartExecution", async (client) => {
        try {
          await client.send(command);
        } catch (error) {
          // Of a name with the same input that is under way, StartExecution answers as if it had started it.
          if ((error as Error).name !== "ExecutionAlreadyExists") throw error;
          const before = await client.send(new sdk.DescribeExecutionCommand({ executionArn }));
          if (!isStartOf(before.input, { runId, params })) throw startedOtherwise(runId);
        }
      });
    },

    async look() {
      for (;;) {
        const command = new sdk.GetExecutionHistoryCommand({
          executionArn,
          maxResults: 1000,
          ...(page !== undefined && { nextToken: page }),
        });
        const answer = await call("read an execution", "GetExecutionHistory", (client) =>
          client.send(command).catch((error: Error) => {
            if (error.name === "InvalidToken" && page !== undefined) return undefined;
            throw error;
          }),
        );
        if (answer === undefined) {
          // A page's token holds for a day: from the beginning again, past what was told already.
          page = undefined;
          continue;
        }
        for (const event of answer.events ?? []) {
          // The last page is asked for again: it may have grown.
          if ((event.id ?? 0) <= last) continue;
          last = event.id ?? last;
          unheard.push(event);
        }
        if (answer.nextToken === undefined) return;
        page = answer.nextToken;
      }
    },

    news() {
      const events = unheard;
      unheard = [];
      return events;
    },

    async stop() {
      const command = new sdk.StopExecutionCommand({
        executionArn,
        error: "CANCELLED",
        cause: "its run was cancelled",
      });
      await call("stop an execution", "StopExecution", (client) => client.send(command));
    },
  };
}

/** Whether an execution's input begins that run. One that the schedule started has neither id nor params. */
function isStartOf(input = "{}", run: Pick<PipelineRun, "runId" | "params">): boolean {
  const { runId = run.runId, params = {} } = JSON.parse(input) as Partial<typeof run>;
  return sorted({ runId, params }) === sorted(run);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function startedOtherwise(runId: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `run ${runId} was started with other params`,
    hint: "Give the params that it began with, to follow it; or another run id, to start a new one.",
    context: { runId },
  });
}
