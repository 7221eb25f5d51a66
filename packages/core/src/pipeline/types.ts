import type { AnyDataset } from "../dataset/dataset.ts";
import type { Json } from "../json.ts";
import type { Executor } from "../run/executor.ts";
import type { AnyTask } from "../task/types.ts";

/** Options of a pipeline. */
export interface PipelineOptions {
  /** `import.meta.url` of the module that exports the pipeline: where bundlers and worker threads find its code. */
  readonly module?: string;
  /** When it runs by itself, as a cron expression of five fields; `timeZone` is an IANA name, UTC by default. */
  readonly schedule?: string | { readonly cron: string; readonly timeZone?: string };
}

/** Any pipeline: its definitions, live, with handlers and schemas. */
export interface AnyPipeline {
  readonly name: string;
  readonly tasks: readonly AnyTask[];
  /** Every dataset that a task takes, outputs or quarantines to, by name. */
  readonly datasets: readonly AnyDataset[];
  /** Where its code is; mutable, since whoever loaded the module knows best. */
  module: string | undefined;
  readonly schedule: { readonly cron: string; readonly timeZone: string } | undefined;
}

/** Whoever has a default storage and a state root: an executor or a target. */
export type Defaults = Pick<Executor, "defaultStorage" | "state">;

/** As much of a task as a pipeline's type follows from: comparing whole tasks would cost the compiler much more. */
export interface PipelineTask {
  readonly name: string;
  readonly form: "function" | "command";
  readonly "~needs"?: string;
  readonly "~params"?: unknown;
}

/** Compute kinds that these tasks name. */
export type NeedsOf<T extends readonly PipelineTask[]> = NonNullable<T[number]["~needs"]>;

/** Run parameters that these tasks require together. */
export type ParamsOf<T extends readonly PipelineTask[]> = Intersect<NonNullable<T[number]["~params"]>>;

/** An executor that can run what a pipeline needs; else a type that says why not. */
export type CheckedExecutor<Needs extends string, S extends string> = Executor<S> &
  ([Exclude<Needs, S>] extends [never] ? unknown : `this executor cannot run ${Exclude<Needs, S>} compute`);

/** `params`, required unless every parameter is optional. */
export type ParamsArgument<P> = unknown extends P
  ? { readonly params?: Json }
  : Record<never, never> extends P
    ? { readonly params?: P }
    : { readonly params: P };

type Intersect<U> = (U extends unknown ? (take: U) => void : never) extends (take: infer I) => void ? I : unknown;
