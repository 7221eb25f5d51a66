import { GlacierError } from "../errors/index.ts";
import type { Graph } from "../graph/graph.ts";
import type { Json } from "../json.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { Plan, PlanTask } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import type { StorageResource } from "../storage/resource.ts";
import { type EngineResult, runOnEngine } from "./engine.ts";
import type { EventSink, RunEvent } from "./events.ts";
import type { ExecutionContext, Executor } from "./executor.ts";
import { runFailed } from "./failed.ts";
import { openJournal } from "./journal.ts";
import type { Manifest } from "./manifest.ts";
import { type PreparedRun, prepareRun } from "./prepare.ts";
import { isCommitted } from "./resume.ts";
import { type ScheduleResult, schedule, type TaskOutcome } from "./schedule.ts";
import type { Selection } from "./select.ts";
import { readManifest } from "./state.ts";
import { whileUnderWay } from "./under-way.ts";

/** Options of a run that don't depend on the pipeline's types. */
export interface RunOptions extends Selection {
  /** Providers besides the executor's own; what `glacier.config.ts` lists. */
  readonly registry?: Registry | undefined;
  /** Names the run: an id that no run of this pipeline has, but for an engine, which follows it. Default: its start and a random tail. */
  readonly runId?: string | undefined;
  /** Goes on with that run: what it committed and still matches is not done again. */
  readonly resume?: string | undefined;
  /** Attempts side by side. Default: the executor's, else 16. */
  readonly concurrency?: number | undefined;
  /** After a failure finish what doesn't depend on it. Default: cancel what runs and start nothing more. */
  readonly keepGoing?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: EventSink | undefined;
  readonly tenant?: string | undefined;
  /** Storage by dataset name, above the dataset's own. */
  readonly bindings?: Readonly<Record<string, StorageResource>> | undefined;
}

/** What a run did. */
export interface RunResult {
  readonly runId: string;
  readonly status: "succeeded";
  readonly durationMs: number;
  readonly tasks: Readonly<Record<string, TaskOutcome>>;
  /** Commits by dataset, of everything that this run covers. */
  readonly datasets: Readonly<Record<string, Manifest>>;
  /** Names of the chain of tasks that took longest. */
  readonly criticalPath: readonly string[];
}

/** Runs a pipeline. Errors: whatever {@link prepareRun} finds; `RUN_FAILED`, `CANCELLED`. */
export async function runPipeline(
  pipeline: AnyPipeline,
  graph: Graph,
  executor: Executor,
  params: Json | undefined,
  options: RunOptions,
): Promise<RunResult> {
  return whileUnderWay(executor, async () => {
    const run = await prepareRun(pipeline, graph, executor, params, options);
    return runPrepared(pipeline, executor, run, options);
  });
}

async function runPrepared(
  pipeline: AnyPipeline,
  executor: Executor,
  run: PreparedRun,
  options: RunOptions,
): Promise<RunResult> {
  const { plan, registry, runId, tasks } = run;
  const journal = executor.runPipeline === undefined ? openJournal(plan, runId, registry) : undefined;
  const emit = (event: RunEvent): void => {
    journal?.append(event);
    notify(options.onEvent, event);
  };
  const startedAt = Date.now();
  const { tenant } = plan;
  emit({
    type: "run.started",
    runId,
    time: startedAt,
    pipeline: plan.pipeline,
    ...(tenant !== undefined && { tenant }),
    executor: executor.name,
    params: run.params,
    tasks: tasks.map(({ name }) => name),
    resumed: run.resumed,
  });
  try {
    // Whatever a task does to this process, there is a run to resume.
    await journal?.flush();
    const signal = options.signal ?? new AbortController().signal;
    const result = await work(executor, run, options, { plan, pipeline, registry, emit, signal });
    const durationMs = Date.now() - startedAt;
    const error = result.error ?? runError(plan, runId, tasks, result, options.signal);
    emit({
      type: "run.finished",
      runId,
      time: Date.now(),
      status: result.status,
      durationMs,
      ...(error !== undefined && { error: error.toJSON() }),
    });
    const journalFailure = await journal?.close().catch((failure: unknown) => failure);
    if (error !== undefined) throw error;
    if (journalFailure !== undefined) throw journalFailure;
    return { runId, status: "succeeded", durationMs, ...(await summary(run, result)) };
  } finally {
    await journal?.close().catch(() => {});
    await registry.close();
  }
}

/** Every task, by the executor's own engine where it has one, else by core's scheduler. */
async function work(
  executor: Executor,
  run: PreparedRun,
  { keepGoing = false, concurrency, signal }: RunOptions,
  context: ExecutionContext,
): Promise<EngineResult> {
  const { plan, runId, params, resumed, tasks, sources } = run;
  const selected = tasks.length === plan.tasks.length ? "all" : tasks.map(({ name }) => name);
  if (hasEngine(executor)) {
    const asked = {
      runId,
      params,
      selected,
      resumed,
      keepGoing,
      ...(concurrency !== undefined && { concurrency }),
    } as const;
    return runOnEngine(executor, run, asked, context);
  }
  return schedule({
    runId,
    tasks,
    dependencies: run.dependencies,
    concurrency: run.concurrency,
    keepGoing,
    signal,
    emit: context.emit,
    execute: (task, attempt, signal) =>
      executor.execute({ runId, task: task.name, attempt, params, sources, selected }, { ...context, signal }),
    committed: resumed ? (task) => isCommitted(plan, task, runId, sources, context.registry) : undefined,
  });
}

function hasEngine(executor: Executor): executor is Executor & Required<Pick<Executor, "runPipeline">> {
  return executor.runPipeline !== undefined;
}

/** A subscriber's mistake is its own: it surfaces as an uncaught exception, as in an event target, outside of the scheduler. */
function notify(sink: EventSink | undefined, event: RunEvent): void {
  try {
    sink?.(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

async function summary(
  { plan, tasks, registry }: PreparedRun,
  result: ScheduleResult,
): Promise<Pick<RunResult, "tasks" | "datasets" | "criticalPath">> {
  const datasets: Record<string, Manifest> = {};
  for (const task of tasks) {
    for (const name of Object.values(task.outputs)) {
      const found = await readManifest(plan, name, registry);
      if (found !== undefined) datasets[name] = found.manifest;
    }
  }
  return {
    tasks: Object.fromEntries(tasks.map(({ name }, i) => [name, result.outcomes[i] as TaskOutcome])),
    datasets,
    criticalPath: result.criticalPath.map((index) => (tasks[index] as PlanTask).name),
  };
}

function runError(
  plan: Plan,
  runId: string,
  tasks: readonly PlanTask[],
  result: ScheduleResult,
  signal: AbortSignal | undefined,
): GlacierError | undefined {
  if (result.status === "succeeded") return undefined;
  const context = { pipeline: plan.pipeline, runId };
  if (result.status === "cancelled") {
    return new GlacierError("CANCELLED", {
      message: `run ${runId} of pipeline "${plan.pipeline}" was cancelled`,
      hint: `Resume it: what is committed is not done again (resume: "${runId}").`,
      cause: signal?.reason,
      context,
    });
  }
  const failed = tasks.flatMap((_, i) =>
    result.outcomes[i]?.status === "failed" ? [result.outcomes[i]?.error as GlacierError] : [],
  );
  return runFailed(plan, runId, failed);
}
