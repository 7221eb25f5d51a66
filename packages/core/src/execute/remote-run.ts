import { type GlacierError, isGlacierError } from "../errors/index.ts";
import type { Json } from "../json.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { Plan } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import { runFailed } from "../run/failed.ts";
import { checkRunId, lastSegment, openJournal, readJournal, segmentNumber } from "../run/journal.ts";
import { checkParams } from "../run/params.ts";
import { pinSources, writePins } from "../run/pins.ts";
import { endOfTasks } from "./end-of-tasks.ts";

/** What all attempts of a run need of it, where an engine walks the graph. Plain JSON, and all that travels. */
export interface RemoteRun {
  readonly runId: string;
  readonly params: Json;
  /** What the names of the attempts' journal segments begin with; see `attemptWriter`. */
  readonly segment: string;
  /** As in `TaskInvocation`. */
  readonly selected: readonly string[] | "all";
}

/** Where a run's code and state are. */
export interface RemoteSource {
  readonly plan: Plan;
  readonly pipeline: AnyPipeline;
  readonly registry: Registry;
}

/**
 * Begins a run whose tasks an engine will start: checks its params, pins its sources, writes the start into its journal.
 * `executor` names the engine. Errors: `PARAMS_INVALID`, `DATASET_MISSING`, `RUN_NOT_FOUND` for what is no run id, storage codes.
 */
export async function beginRun(
  { plan, pipeline, registry }: RemoteSource,
  { executor, ...start }: { readonly runId: string; readonly params: Json; readonly executor: string },
): Promise<RemoteRun> {
  const runId = checkRunId(start.runId);
  for (const task of pipeline.tasks) await checkParams(task, start.params);
  await writePins(plan, runId, await pinSources(plan, plan.tasks, registry), registry);
  const resumed = (await lastSegment(plan, runId, registry)) > 0;
  const journal = openJournal(plan, runId, registry);
  journal.append({
    type: "run.started",
    runId,
    time: Date.now(),
    pipeline: plan.pipeline,
    ...(plan.tenant !== undefined && { tenant: plan.tenant }),
    executor,
    params: start.params,
    tasks: plan.tasks.map(({ name }) => name),
    resumed,
  });
  await journal.close();
  const segment = segmentNumber((await lastSegment(plan, runId, registry)) + 1);
  return { runId, params: start.params, segment, selected: "all" };
}

/**
 * Ends a run that {@link beginRun} began: writes what became of each task and of the run into its journal, unless its end is
 * there, or a failed one where it succeeded. `failure` is what the engine knows of a failed run; with the code `CANCELLED` the run was cancelled. Answers the
 * error that the first failed task gave itself, which says more: an engine may only know that a process ended.
 * Errors: `RUN_NOT_FOUND` where it never began, storage codes.
 */
export async function finishRun(
  { plan, registry }: Pick<RemoteSource, "plan" | "registry">,
  { runId }: Pick<RemoteRun, "runId">,
  failure?: GlacierError,
): Promise<GlacierError | undefined> {
  const { startedAt, over, failed, events } = await endOfTasks(plan, runId, registry, failure);
  // An engine's last step that is tried again by hand succeeds after all, and has the last word.
  if (over !== undefined && (over !== "failed" || failure !== undefined)) return failed[0];
  const time = Date.now();
  const cancelled = failure?.code === "CANCELLED";
  const error = failure === undefined || cancelled ? failure : runFailed(plan, runId, failed);
  const journal = openJournal(plan, runId, registry);
  for (const event of events) journal.append(event);
  journal.append({
    type: "run.finished",
    runId,
    time,
    status: error === undefined ? "succeeded" : cancelled ? "cancelled" : "failed",
    durationMs: time - startedAt,
    ...(error !== undefined && { error: error.toJSON() }),
  });
  await journal.close();
  return failed[0];
}

/** Whether a task of a run has begun. A beginning alone is there where an engine tries its first step again. Errors: storage codes. */
export async function hasAttempts(
  { plan, registry }: Pick<RemoteSource, "plan" | "registry">,
  runId: string,
): Promise<boolean> {
  try {
    for await (const { type } of readJournal(plan, runId, registry)) if (type === "attempt.started") return true;
  } catch (error) {
    if (!isGlacierError(error, "RUN_NOT_FOUND")) throw error;
  }
  return false;
}
