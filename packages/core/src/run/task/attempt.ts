import { GlacierError } from "../../errors/index.ts";
import { writtenBy } from "../../graph/graph.ts";
import type { Plan, PlanDataset, PlanTask } from "../../plan/plan.ts";
import type { Registry } from "../../provider/registry.ts";
import type { ObjectInfo } from "../../storage/adapter.ts";
import { createStore } from "../../storage/store.ts";
import type { AnyTask } from "../../task/types.ts";
import type { EventSink } from "../events.ts";
import type { ExecutionContext, TaskInvocation } from "../executor.ts";
import type { Scratch, TaskRuntime } from "../runtime.ts";
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
    const planned = context.plan.tasks.find(({ name }) => name === invocation.task);
    const task = context.pipeline.tasks.find(({ name }) => name === invocation.task);
    if (planned === undefined || task === undefined) {
      throw new GlacierError("TASK_UNKNOWN", {
        message: `pipeline "${context.plan.pipeline}" has no task "${invocation.task}"`,
        hint: "The code that runs and the plan differ: build and deploy both from the same sources.",
        context: { task: invocation.task },
      });
    }
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

  /** One output failed: the others, which may never end by themselves, stop too. */
  abandon(error: unknown): void {
    this.#abandoned?.abort(error);
  }

  /** A dataset's place in the plan. */
  dataset(name: string): PlanDataset {
    const found = this.plan.datasets.find((dataset) => dataset.name === name);
    if (found !== undefined) return found;
    throw new GlacierError("DATASET_UNKNOWN", {
      message: `the plan of "${this.plan.pipeline}" has no dataset "${name}"`,
      hint: "The code that runs and the plan differ: build and deploy both from the same sources.",
      context: { task: this.task.name, dataset: name },
    });
  }

  /** Errors: `DATASET_MISSING`. */
  async stat(bound: PlanDataset): Promise<ObjectInfo> {
    const store = createStore(this.registry.storage(bound.storage));
    const info = await store.stat(bound.key, { signal: this.signal });
    if (info !== undefined) return info;
    throw new GlacierError("DATASET_MISSING", {
      message: `task "${this.task.name}": dataset "${bound.name}" is not there (${store.uri(bound.key)})`,
      hint: "Put the file there, or correct the dataset's storage.",
      context: { task: this.task.name, dataset: bound.name, key: bound.key },
    });
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
