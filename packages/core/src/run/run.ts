import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { Graph } from "../graph/graph.ts";
import type { Json } from "../json.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import { buildPlan } from "../plan/build.ts";
import type { Plan, PlanTask } from "../plan/plan.ts";
import { createRegistry, type Registry } from "../provider/registry.ts";
import type { StorageResource } from "../storage/resource.ts";
import type { EventSink, RunEvent } from "./events.ts";
import type { Executor, TaskInvocation } from "./executor.ts";
import { checkRunId, newRunId, openJournal } from "./journal.ts";
import type { Manifest } from "./manifest.ts";
import { currentEtag, isCommitted, readStart, sameParams } from "./resume.ts";
import { type ScheduleResult, schedule, type TaskOutcome } from "./schedule.ts";
import { type Selection, select } from "./select.ts";
import { readManifest } from "./state.ts";
import { checkParams } from "./task/execute-task.ts";

/** Options of a run that don't depend on the pipeline's types. */
export interface RunOptions extends Selection {
  /** Providers besides the executor's own; what `glacier.config.ts` lists. */
  readonly registry?: Registry | undefined;
  /** Names the run. Default: its start and a random tail. */
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

/** All that is settled before the first task starts. */
export interface PreparedRun {
  readonly plan: Plan;
  readonly registry: Registry;
  readonly runId: string;
  readonly resumed: boolean;
  readonly params: Json;
  /** Covered tasks, in execution order. */
  readonly tasks: readonly PlanTask[];
  readonly dependencies: readonly (readonly number[])[];
  /** Etags of what the run reads but doesn't make. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Binds, checks and pins; nothing is written. */
export async function prepareRun(
  pipeline: AnyPipeline,
  graph: Graph,
  executor: Executor,
  params: Json | undefined,
  options: RunOptions,
): Promise<PreparedRun> {
  const { tenant, bindings, resume } = options;
  const registry = createRegistry([...(executor.providers ?? []), ...(options.registry?.providers ?? [])]);
  const plan = buildPlan(pipeline, graph, {
    defaultStorage: executor.defaultStorage,
    state: executor.state,
    tenant,
    bindings,
  });
  const selected = select(graph, options);
  const taskNames = new Set(selected.map((index) => graph.tasks[index]?.name));
  const tasks = plan.tasks.filter(({ name }) => taskNames.has(name)).map(withLimit);
  checkExecutor(plan, tasks, executor);
  for (const dataset of plan.datasets) {
    registry.storage(dataset.storage);
    registry.format(dataset.format.name, dataset.format.options);
  }
  const start = resume === undefined ? undefined : await readStart(plan, resume, registry);
  const runParams = start === undefined ? (params ?? {}) : sameParams(start, params);
  for (const index of selected) await checkParams(graph.tasks[index] as (typeof graph.tasks)[number], runParams);
  const position = new Map(selected.map((index, i) => [index, i]));
  return {
    plan,
    registry,
    runId: resume ?? (options.runId === undefined ? newRunId() : checkRunId(options.runId)),
    resumed: start !== undefined,
    params: runParams,
    tasks,
    dependencies: selected.map((index) =>
      (graph.dependencies[index] ?? []).flatMap((before) => position.get(before) ?? []),
    ),
    sources: await pinSources(plan, tasks, registry),
  };
}

/** Runs a pipeline. Errors: whatever {@link prepareRun} finds; `RUN_FAILED`, `CANCELLED`. */
export async function runPipeline(
  pipeline: AnyPipeline,
  graph: Graph,
  executor: Executor,
  params: Json | undefined,
  options: RunOptions,
): Promise<RunResult> {
  const run = await prepareRun(pipeline, graph, executor, params, options);
  const { plan, registry, runId, tasks } = run;
  const journal = openJournal(plan, runId, registry);
  const emit = (event: RunEvent): void => {
    journal.append(event);
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
    const context = { plan, pipeline, registry, emit };
    const everything = tasks.length === plan.tasks.length;
    const selected: TaskInvocation["selected"] = everything ? "all" : tasks.map(({ name }) => name);
    const result = await schedule({
      runId,
      tasks,
      dependencies: run.dependencies,
      concurrency: checkConcurrency(options.concurrency ?? executor.concurrency ?? 16),
      keepGoing: options.keepGoing ?? false,
      signal: options.signal,
      emit,
      execute: (task, attempt, signal) =>
        executor.execute(
          { runId, task: task.name, attempt, params: run.params, sources: run.sources, selected },
          { ...context, signal },
        ),
      committed: run.resumed ? (task) => isCommitted(plan, task, runId, run.sources, registry) : undefined,
    });
    const durationMs = Date.now() - startedAt;
    const error = result.status === "succeeded" ? undefined : runError(plan, runId, tasks, result, options.signal);
    emit({
      type: "run.finished",
      runId,
      time: Date.now(),
      status: result.status,
      durationMs,
      ...(error !== undefined && { error: error.toJSON() }),
    });
    const journalFailure = await journal.close().catch((failure: unknown) => failure);
    if (error !== undefined) throw error;
    if (journalFailure !== undefined) throw journalFailure;
    return { runId, status: "succeeded", durationMs, ...(await summary(run, result)) };
  } finally {
    await journal.close().catch(() => {});
    await executor.close?.();
    await registry.close();
  }
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

/** A function's own timeout limits the attempt like the task's. */
function withLimit(task: PlanTask): PlanTask {
  const own = task.compute !== undefined && "timeout" in task.compute ? Number(task.compute.timeout) : undefined;
  const limits = [task.timeout, own].filter((limit) => limit !== undefined);
  return limits.length === 0 ? task : { ...task, timeout: Math.min(...limits) };
}

function checkExecutor(plan: Plan, tasks: readonly PlanTask[], executor: Executor): void {
  const mistakes: GlacierError[] = [];
  for (const { name, compute } of tasks) {
    if (compute === undefined || executor.supports.includes(compute.kind)) continue;
    mistakes.push(
      new GlacierError("COMPUTE_UNSUPPORTED", {
        message: `task "${name}" needs ${compute.kind} compute, which executor "${executor.name}" can't run`,
        hint: `It runs ${executor.supports.join(", ")}: give the task one of these, or run it elsewhere.`,
        context: { task: name, kind: compute.kind },
      }),
    );
  }
  const covered = { ...plan, tasks };
  for (const error of executor.check?.(covered) ?? []) {
    if (!isGlacierError(error)) throw error;
    mistakes.push(error);
  }
  const [only] = mistakes;
  if (only === undefined) return;
  if (mistakes.length === 1) throw only;
  throw new GlacierError(only.code, {
    message: `executor "${executor.name}" can't run this pipeline:\n${mistakes.map(({ message }) => `- ${message}`).join("\n")}`,
    hint: only.hint,
    context: { pipeline: plan.pipeline },
    issues: mistakes,
  });
}

/** Etags of every dataset that the run reads but doesn't make, all looked up before it starts. Errors: `DATASET_MISSING`. */
async function pinSources(plan: Plan, tasks: readonly PlanTask[], registry: Registry): Promise<Record<string, string>> {
  const made = new Set(tasks.map(({ name }) => name));
  const taken = new Set(tasks.flatMap(({ inputs }) => Object.values(inputs)));
  const pins: Record<string, string> = {};
  for (const { name, producer, key, storage } of plan.datasets) {
    if (!taken.has(name) || (producer !== undefined && made.has(producer))) continue;
    const etag = await currentEtag(plan, name, registry);
    const manifest = producer === undefined ? undefined : (await readManifest(plan, name, registry))?.manifest;
    if (etag === undefined || (producer !== undefined && manifest === undefined)) {
      throw new GlacierError("DATASET_MISSING", {
        message: `dataset "${name}" is not there (${registry.storage(storage).uri(key)})`,
        hint:
          producer === undefined
            ? "Put the file there, or correct the dataset's storage."
            : `Include task "${producer}" in the run: it makes this dataset.`,
        context: { pipeline: plan.pipeline, dataset: name, key },
      });
    }
    if (manifest !== undefined && manifest.etag !== etag) {
      throw new GlacierError("DATASET_CHANGED", {
        message: `dataset "${name}" is no longer what run ${manifest.runId} committed`,
        hint: `Include task "${producer}" in the run, so that it is made anew.`,
        context: { pipeline: plan.pipeline, dataset: name, key },
      });
    }
    pins[name] = etag;
  }
  return pins;
}

function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency > 0) return concurrency;
  throw new GlacierError("OPTION_INVALID", {
    message: `concurrency must be a whole number above 0, not ${concurrency}`,
    hint: "It is how many attempts run side by side.",
  });
}

function runError(
  plan: Plan,
  runId: string,
  tasks: readonly PlanTask[],
  result: ScheduleResult,
  signal: AbortSignal | undefined,
): GlacierError {
  const context = { pipeline: plan.pipeline, runId };
  if (result.status === "cancelled") {
    return new GlacierError("CANCELLED", {
      message: `run ${runId} of pipeline "${plan.pipeline}" was cancelled`,
      hint: `Resume it: what is committed is not done again (resume: "${runId}").`,
      cause: signal?.reason,
      context,
    });
  }
  const failed = tasks.flatMap(({ name }, i) =>
    result.outcomes[i]?.status === "failed" ? [{ name, error: result.outcomes[i]?.error as GlacierError }] : [],
  );
  return new GlacierError("RUN_FAILED", {
    message: `run ${runId} of pipeline "${plan.pipeline}" failed:\n${failed.map(({ error }) => `- ${error.message}`).join("\n")}`,
    hint: `Mend the cause, then resume: what is committed is not done again (resume: "${runId}").`,
    cause: failed[0]?.error,
    context: { ...context, ...(failed[0] !== undefined && { task: failed[0].name }) },
    issues: failed.map(({ error }) => error),
  });
}
