import { writtenBy } from "../graph/graph.ts";
import { findDataset, findTask } from "../plan/lookup.ts";
import type { Plan, PlanDataset, PlanTask } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import type { EventSink } from "../run/events.ts";
import type { ExecutionContext, TaskInvocation } from "../run/executor.ts";
import type { Scratch, TaskRuntime } from "../run/runtime.ts";
import { raceAbort } from "../stream/abort.ts";
import type { AnyTask } from "../task/types.ts";
import type { OnInvalid } from "./check.ts";
import type { ReadCounts } from "./inputs.ts";
import { Meter } from "./meter.ts";
import { QuarantineQueue } from "./quarantine.ts";

/** Everything that the steps of one attempt share. */
export class Attempt {
  readonly invocation: TaskInvocation;
  readonly plan: Plan;
  readonly planned: PlanTask;
  readonly task: AnyTask;
  readonly registry: Registry;
  readonly runtime: TaskRuntime;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  readonly meter: Meter;
  readonly onInvalid: OnInvalid;
  readonly quarantine: QuarantineQueue | undefined;
  readonly reads: { dataset: string; etag: string; counts: ReadCounts }[] = [];
  /** The first error of an input's stream: a handler that swallows it has not seen all of its input. */
  fault: { readonly error: unknown } | undefined;
  #scratch: Promise<Scratch> | undefined;
  readonly #abandoned: AbortController | undefined;

  constructor(invocation: TaskInvocation, context: ExecutionContext, runtime: TaskRuntime) {
    const planned = findTask(context.plan.tasks, invocation.task);
    const task = findTask(context.pipeline.tasks, invocation.task);
    this.invocation = invocation;
    this.plan = context.plan;
    this.planned = planned;
    this.task = task;
    this.registry = context.registry;
    this.runtime = runtime;
    this.#abandoned = writtenBy(task).length > 1 ? new AbortController() : undefined;
    this.signal =
      this.#abandoned === undefined ? context.signal : AbortSignal.any([context.signal, this.#abandoned.signal]);
    this.emit = context.emit;
    this.meter = new Meter(invocation, context.emit);
    this.quarantine = typeof task.onInvalid === "string" ? undefined : new QuarantineQueue();
    this.onInvalid = this.quarantine ?? (task.onInvalid as "fail" | "skip");
  }

  /** What the task's own code does, until the signal fires: then it is left to itself, and the runtime hears of it. */
  async untilLeft<T>(doing: Promise<T>): Promise<T> {
    try {
      return await raceAbort(doing, this.signal);
    } finally {
      if (this.signal.aborted) this.runtime.left?.(doing);
    }
  }

  /** One output failed: the others, which may never end by themselves, stop too. */
  abandon(error: unknown): void {
    this.#abandoned?.abort(error);
  }

  /** A dataset's place in the plan. Errors: `DATASET_UNKNOWN`. */
  dataset(name: string): PlanDataset {
    return findDataset(this.plan.datasets, name);
  }

  scratch(): Promise<Scratch> {
    this.#scratch ??= this.runtime.scratch();
    return this.#scratch;
  }

  /** A local copy of an input. */
  async saveInput(name: string, bound: PlanDataset, body: AsyncIterable<Uint8Array>): Promise<string> {
    return (await this.scratch()).save(`input-${name}.${bound.extension}`, this.guard(body));
  }

  /** The same stream, with its error remembered. */
  async *guard<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* stream;
    } catch (error) {
      this.fault ??= { error };
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await (await this.#scratch)?.dispose();
  }
}
