import type { GlacierError } from "../errors/index.ts";
import { findDataset, findTask } from "../plan/lookup.ts";
import type { Plan, PlanTask } from "../plan/plan.ts";
import type { EventSink, RunEvent } from "../run/events.ts";
import { openJournal } from "../run/journal.ts";
import { asTaskError, limitOf, limitTime } from "../run/limit.ts";
import { readPins } from "../run/pins.ts";
import type { TaskRuntime } from "../run/runtime.ts";
import { attemptWriter } from "../run/state.ts";
import { executeTask } from "./execute-task.ts";
import { markRemote } from "./is-remote.ts";
import type { RemoteRun, RemoteSource } from "./remote-run.ts";

/** One attempt of one task, as whoever starts it says it. Plain JSON. */
export interface RemoteAttempt {
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  readonly run: RemoteRun;
}

/** Where {@link runAttempt} runs. */
export interface AttemptSite extends RemoteSource {
  readonly runtime: TaskRuntime;
  /** Fires with the `GlacierError` to end with: the machine's own end is near, a cancel. */
  readonly signal: AbortSignal;
  /** Hears every event, beside the journal. */
  readonly emit: EventSink;
}

/** Milliseconds between an event and its segment in the journal: each is a request. */
const flushAfter = 5000;

/**
 * Runs one attempt on a machine of its own, where an engine and not Glacier's scheduler started it: with the run's pins, the
 * task's timeout, the events that the scheduler would emit, and a part of the run's journal of its own (`attemptWriter`).
 * A task's `durationMs` is the last attempt's. Errors: those of `executeTask`, `TASK_TIMEOUT`, the signal's reason, and what keeps the
 * journal from being written.
 */
export async function runAttempt({ task, attempt, run }: RemoteAttempt, site: AttemptSite): Promise<void> {
  markRemote();
  const { plan, pipeline, registry, runtime } = site;
  const { runId, params, selected } = run;
  const planned = findTask(plan.tasks, task);
  const writer = attemptWriter(run.segment, task, attempt);
  const journal = openJournal(plan, runId, registry, { writer, flushAfter });
  const emit = (event: RunEvent): void => {
    journal.append(event);
    site.emit(event);
  };
  const startedAt = Date.now();
  emit({ type: "attempt.started", runId, time: startedAt, task, attempt });
  const seconds = limitOf(planned);
  const limit = seconds === undefined ? undefined : limitTime(task, seconds, site.signal);
  const signal = limit?.signal ?? site.signal;
  let error: GlacierError | undefined;
  try {
    const [sources] = await Promise.all([
      isPinned(plan, planned, selected) ? readPins(plan, runId, registry) : {},
      // Whatever the task does to this process, its beginning is there.
      journal.flush(),
    ]);
    await executeTask(
      { runId, task, attempt, params, sources, selected },
      { plan, pipeline, registry, signal, emit },
      runtime,
    );
    const time = Date.now();
    emit({ type: "task.succeeded", runId, time, task, attempt, durationMs: time - startedAt });
  } catch (thrown) {
    error = asTaskError(task, thrown);
    for (const event of failed(error, planned, { task, attempt, run }, startedAt)) emit(event);
  } finally {
    limit?.clear();
  }
  const unwritten = await journal.close().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error !== undefined) throw error;
  if (unwritten !== undefined) throw asTaskError(task, unwritten);
}

/** Whether a task takes what the run doesn't make. */
function isPinned({ datasets }: Plan, { inputs }: PlanTask, selected: RemoteRun["selected"]): boolean {
  return Object.values(inputs).some((name) => {
    const { producer } = findDataset(datasets, name);
    return producer === undefined || (selected !== "all" && !selected.includes(producer));
  });
}

/**
 * What the scheduler says of a failed attempt; the engine has the same retry policy. Engines number what they start, also
 * what their own services turned away, so that only `finishRun` knows whether an attempt beyond the policy's was the last.
 */
function failed(
  error: GlacierError,
  { retry }: PlanTask,
  { task, attempt, run: { runId } }: RemoteAttempt,
  startedAt: number,
): RunEvent[] {
  const time = Date.now();
  if (error.code === "CANCELLED") return [{ type: "task.cancelled", runId, time, task, attempt }];
  const said = error.toJSON();
  if (error.retryable && retry.max > 0) {
    const again = attempt <= retry.max;
    const retryInMs = Math.min(retry.delay * retry.factor ** (attempt - 1), retry.maxDelay) * 1000;
    return [{ type: "attempt.failed", runId, time, task, attempt, error: said, ...(again && { retryInMs }) }];
  }
  return [
    { type: "attempt.failed", runId, time, task, attempt, error: said },
    { type: "task.failed", runId, time, task, attempt, error: said, durationMs: time - startedAt },
  ];
}
