import { deserializeError, type GlacierError } from "../errors/index.ts";
import type { Plan } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import type { RunEvent, RunStatus } from "../run/events.ts";
import { readJournal } from "../run/journal.ts";
import { asTaskError } from "../run/limit.ts";

/** How the tasks of a run ended. */
export interface EndOfTasks {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly startedAt: number;
  /** The run's end, where the journal has it already. */
  readonly over: RunStatus | undefined;
  /** The failed tasks' own errors, else what the engine knows. */
  readonly failed: readonly GlacierError[];
  /** What the journal doesn't have yet: of tasks that died, were stopped or never started. */
  readonly events: readonly RunEvent[];
}

interface Last {
  readonly attempt: number;
  /** When its first attempt began. */
  readonly since: number;
  readonly event: RunEvent;
}

/** Reads a run's journal, and says of the tasks of a failed or cancelled run what they could not say themselves. */
export async function endOfTasks(
  plan: Plan,
  runId: string,
  registry: Registry,
  failure: GlacierError | undefined,
): Promise<EndOfTasks> {
  const lasts = new Map<string, Last>();
  let startedAt = Date.now();
  let over: RunStatus | undefined;
  for await (const event of readJournal(plan, runId, registry)) {
    if (event.type === "run.started") {
      startedAt = event.time;
      over = undefined;
      lasts.clear();
    } else if (event.type === "run.finished") over = event.status;
    else if ("attempt" in event && states.has(event.type)) {
      const since = lasts.get(event.task)?.since ?? event.time;
      lasts.set(event.task, { attempt: event.attempt, since, event });
    }
  }
  if (failure === undefined) return { startedAt, over, failed: [], events: [] };

  const because = new Map<string, GlacierError>();
  for (const [task, { event }] of lasts)
    if (event.type === "task.failed") because.set(task, deserializeError(event.error));
  const events: RunEvent[] = [];
  const end = (task: string, error: GlacierError, ...said: RunEvent[]): void => {
    because.set(task, error);
    events.push(...said);
    lasts.set(task, { ...(lasts.get(task) as Last), event: said.at(-1) as RunEvent });
  };
  if (failure.code !== "CANCELLED") {
    // What failed without a word of another try had none left.
    for (const [task, last] of lasts) {
      const { event } = last;
      if (event.type !== "attempt.failed" || event.retryInMs !== undefined) continue;
      end(task, deserializeError(event.error), taskFailed(runId, task, last, event));
    }
  }
  const open = [...lasts].filter(([, { event }]) => event.type === "attempt.started");
  // A process that died says nothing. Whose it was the engine may know; else it is certain where only one was at work.
  const dead = open.length === 1 ? open[0] : open.find(([task]) => task === failure.context.task);
  if (failure.code !== "CANCELLED" && because.size === 0 && dead !== undefined) {
    const [task, last] = dead;
    const error = asTaskError(task, failure);
    end(task, error, ...died(runId, task, last, error));
  }
  events.push(...ofTheRest(plan, runId, lasts, because));
  return { startedAt, over, failed: because.size === 0 ? [failure] : [...because.values()], events };
}

const states: ReadonlySet<RunEvent["type"]> = new Set([
  "attempt.started",
  "attempt.failed",
  "task.succeeded",
  "task.failed",
  "task.cancelled",
]);

type AttemptFailed = Extract<RunEvent, { type: "attempt.failed" }>;

function died(runId: string, task: string, last: Last, failure: GlacierError): RunEvent[] {
  const { attempt } = last;
  const event: AttemptFailed = {
    type: "attempt.failed",
    runId,
    time: Date.now(),
    task,
    attempt,
    error: failure.toJSON(),
  };
  return [event, taskFailed(runId, task, last, event)];
}

function taskFailed(runId: string, task: string, { attempt, since }: Last, { error, time }: AttemptFailed): RunEvent {
  return { type: "task.failed", runId, time: Date.now(), task, attempt, error, durationMs: time - since };
}

/** Tasks that were stopped while they ran or waited for a retry, and those that never started. */
function ofTheRest(
  { tasks, edges }: Plan,
  runId: string,
  lasts: ReadonlyMap<string, Last>,
  failed: ReadonlyMap<string, GlacierError>,
): RunEvent[] {
  const time = Date.now();
  const because = new Map<string, string>([...failed.keys()].map((task) => [task, task]));
  const before = Map.groupBy(edges, ({ to }) => to);
  return tasks.flatMap(({ name: task }): RunEvent[] => {
    const last = lasts.get(task);
    if (last !== undefined) {
      const stopped = last.event.type === "attempt.started" || last.event.type === "attempt.failed";
      return stopped ? [{ type: "task.cancelled", runId, time, task, attempt: last.attempt }] : [];
    }
    const upstream = (before.get(task) ?? []).map(({ from }) => because.get(from)).find((name) => name !== undefined);
    if (upstream === undefined) return [{ type: "task.skipped", runId, time, task, reason: "stopped" }];
    because.set(task, upstream);
    return [{ type: "task.skipped", runId, time, task, reason: "upstream", because: upstream }];
  });
}
