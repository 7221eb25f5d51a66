import type { AnyDataset } from "../dataset/dataset.ts";
import { GlacierError } from "../errors/index.ts";
import { buildGraph, type Graph } from "../graph/graph.ts";
import { findMistakes, invalidPipeline } from "../graph/mistakes.ts";
import { type GraphFormat, visualize } from "../graph/visualize.ts";
import type { Json } from "../json.ts";
import { checkName } from "../name.ts";
import { buildPlan } from "../plan/build.ts";
import type { Plan } from "../plan/plan.ts";
import { checkCompilation, checkTarget } from "../provider/check-target.ts";
import { createRegistry, type Registry } from "../provider/registry.ts";
import type { Compilation, Target } from "../provider/target.ts";
import type { Executor } from "../run/executor.ts";
import { preview, type RunPreview } from "../run/preview.ts";
import { type RunOptions, type RunResult, runPipeline } from "../run/run.ts";
import { indexOf } from "../run/select.ts";
import type { StorageResource } from "../storage/resource.ts";
import type { AnyTask } from "../task/types.ts";
import type {
  AnyPipeline,
  CheckedExecutor,
  Defaults,
  NeedsOf,
  ParamsArgument,
  ParamsOf,
  PipelineOptions,
  PipelineTask,
} from "./types.ts";

/**
 * A set of tasks; whoever outputs a dataset runs before whoever takes it. `Needs` are the compute kinds that its tasks
 * name, `Params` the run parameters that they require together.
 */
export interface Pipeline<Needs extends string = string, Params = unknown> extends AnyPipeline {
  /** Names of the tasks, in execution order. Errors: `PIPELINE_INVALID`. */
  readonly executionOrder: readonly string[];
  /** Datasets that no task produces. */
  readonly sources: readonly AnyDataset[];
  /** Datasets that no task takes. */
  readonly sinks: readonly AnyDataset[];
  /** The task of that name. Errors: `TASK_UNKNOWN`. */
  task(name: string): AnyTask;
  /** Names of the tasks that this one waits for, sorted. Errors: `TASK_UNKNOWN`. */
  dependencies(task: string | AnyTask): string[];
  /** Names of the tasks that wait for this one, sorted. Errors: `TASK_UNKNOWN`. */
  consumers(task: string | AnyTask): string[];
  /** Every structural mistake, each with its fix; empty for a sound pipeline. Never throws. */
  validate(): GlacierError[];
  /** The graph, drawn. Works for a broken one too. */
  visualize(format?: GraphFormat): string;
  /** The pipeline bound to an executor's or a target's storage. Errors: `PIPELINE_INVALID`, `DATASET_UNKNOWN`, `NAME_INVALID`. */
  plan(options: PlanOptions): Plan;
  /**
   * Runs it now. Errors: `RUN_FAILED` (`issues` holds one error for each failed task), `CANCELLED`; before anything runs
   * `PIPELINE_INVALID`, `PARAMS_INVALID`, `COMPUTE_UNSUPPORTED`, `STORAGE_UNREACHABLE`, `DATASET_MISSING`, `DATASET_CHANGED`,
   * `PROVIDER_MISSING`, `TASK_UNKNOWN`, `RUN_NOT_FOUND`, `OPTION_INVALID`.
   */
  run<S extends string>(
    options: RunOptions & { readonly executor: CheckedExecutor<Needs, S> } & ParamsArgument<Params>,
  ): Promise<RunResult>;
  /** What a run with these options would do; writes nothing. Errors: those of `run` before anything runs. */
  preview<S extends string>(
    options: RunOptions & { readonly executor: CheckedExecutor<Needs, S> } & ParamsArgument<Params>,
  ): Promise<RunPreview>;
  /**
   * Compiles it to a target's artifacts, in memory. What can't be deployed is a diagnostic of the result, no error.
   * Errors: those of `plan`, `PROVIDER_INVALID` for a target or a result that is none, and what the target throws.
   */
  compile<C extends Compilation>(options: CompileOptions<C>): Promise<C>;
}

/** Options of {@link Pipeline.plan}. */
export interface PlanOptions {
  /** Whose default storage and state root to use: an executor or a target. */
  readonly for: Defaults;
  readonly tenant?: string | undefined;
  readonly bindings?: Readonly<Record<string, StorageResource>> | undefined;
}

/** Options of {@link Pipeline.compile}. */
export interface CompileOptions<C extends Compilation> {
  readonly target: Target<C>;
  /** Providers that the compiled pipeline uses where it runs: a target ships those that say where their modules are. */
  readonly registry?: Registry | undefined;
  readonly tenant?: string | undefined;
  readonly bindings?: Readonly<Record<string, StorageResource>> | undefined;
}

/** How a {@link Pipeline} is made. */
export interface PipelineConstructor {
  /**
   * Errors: `NAME_INVALID`, `OPTION_INVALID`. Structural mistakes show in `validate()` and stop `plan`, `run` and `compile`.
   *
   * @example
   * export const pipeline = new Pipeline("orders", [clean, aggregate], { module: import.meta.url });
   */
  new <const T extends readonly PipelineTask[]>(
    name: string,
    tasks: T,
    options?: PipelineOptions,
  ): Pipeline<NeedsOf<T>, ParamsOf<T>>;
}

class PipelineImpl implements Pipeline {
  readonly name: string;
  readonly tasks: readonly AnyTask[];
  readonly schedule: AnyPipeline["schedule"];
  module: string | undefined;
  readonly #graph: Graph;

  constructor(name: string, tasks: readonly AnyTask[], options: PipelineOptions = {}) {
    checkName("pipeline", name);
    const { schedule } = options;
    this.name = name;
    this.tasks = checkTasks(name, tasks);
    this.schedule = checkSchedule(name, typeof schedule === "string" ? { cron: schedule } : schedule);
    this.module = options.module;
    this.#graph = buildGraph(this.tasks);
  }

  get datasets(): readonly AnyDataset[] {
    return [...this.#graph.datasets.values()];
  }

  get executionOrder(): readonly string[] {
    if (this.#graph.order.length < this.tasks.length) throw invalidPipeline(this.name, this.validate());
    return this.#graph.order.map((index) => (this.tasks[index] as AnyTask).name);
  }

  get sources(): readonly AnyDataset[] {
    return this.datasets.filter(({ name }) => !this.#graph.producers.has(name));
  }

  get sinks(): readonly AnyDataset[] {
    return this.datasets.filter(({ name }) => !this.#graph.consumers.has(name));
  }

  task(name: string): AnyTask {
    return this.tasks[indexOf(this.#graph, name)] as AnyTask;
  }

  dependencies(task: string | AnyTask): string[] {
    return this.#neighbours(task, this.#graph.dependencies);
  }

  consumers(task: string | AnyTask): string[] {
    return this.#neighbours(task, this.#graph.dependents);
  }

  #neighbours(task: string | AnyTask, next: Graph["dependencies"]): string[] {
    const index = indexOf(this.#graph, typeof task === "string" ? task : task.name);
    return (next[index] ?? []).map((other) => (this.tasks[other] as AnyTask).name).sort();
  }

  validate(): GlacierError[] {
    return findMistakes(this.name, this.#graph);
  }

  visualize(format: GraphFormat = "text"): string {
    return visualize(this.name, this.#graph, format);
  }

  plan({ for: { defaultStorage, state }, tenant, bindings }: PlanOptions): Plan {
    return buildPlan(this, this.#graph, { defaultStorage, state, tenant, bindings });
  }

  run({ executor, params, ...options }: RunOptions & { executor: Executor; params?: unknown }): Promise<RunResult> {
    return runPipeline(this, this.#graph, executor, params as Json | undefined, options);
  }

  preview({
    executor,
    params,
    ...options
  }: RunOptions & { executor: Executor; params?: unknown }): Promise<RunPreview> {
    return preview(this, this.#graph, executor, params as Json | undefined, options);
  }

  async compile<C extends Compilation>({ target, registry, tenant, bindings }: CompileOptions<C>): Promise<C> {
    checkTarget(target);
    const plan = this.plan({ for: target, tenant, bindings });
    const context = { pipeline: this, registry: registry ?? createRegistry([]) };
    return checkCompilation(await target.compile(plan, context), target.name);
  }
}

export const Pipeline: PipelineConstructor = PipelineImpl as unknown as PipelineConstructor;

function checkTasks(pipeline: string, tasks: readonly AnyTask[]): readonly AnyTask[] {
  if (!Array.isArray(tasks)) throw invalid(pipeline, "needs an array of tasks", "new Pipeline(name, [a, b, …]).");
  tasks.forEach((task, index) => {
    if (typeof task === "object" && task !== null && "output" in task) return;
    throw invalid(
      pipeline,
      `has something at position ${index} that is not a task`,
      "Pass what task(…) returned. An import cycle between your modules also gives undefined here.",
    );
  });
  return [...tasks];
}

function checkSchedule(
  pipeline: string,
  schedule: { readonly cron: string; readonly timeZone?: string } | undefined,
): AnyPipeline["schedule"] {
  if (schedule === undefined) return undefined;
  const { cron, timeZone = "UTC" } = schedule;
  if (typeof cron !== "string" || !/^\S+(\s+\S+){4}$/.test(cron.trim())) {
    throw invalid(
      pipeline,
      `has a schedule that is no cron expression: ${JSON.stringify(cron)}`,
      'Use five fields: minute hour day month weekday, such as "0 3 * * *".',
    );
  }
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw invalid(
      pipeline,
      `has a schedule in an unknown time zone: ${JSON.stringify(timeZone)}`,
      'Use an IANA name, such as "Europe/Berlin".',
    );
  }
  return { cron: cron.trim(), timeZone };
}

function invalid(pipeline: string, what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `pipeline "${pipeline}" ${what}`, hint, context: { pipeline } });
}
