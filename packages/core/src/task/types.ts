import type { ComputeResource } from "../compute/resource.ts";
import type { AnyDataset, Dataset } from "../dataset/dataset.ts";
import type { Json } from "../json.ts";
import type { RetryPolicy } from "../plan/plan.ts";
import type { LogLevel } from "../run/events.ts";
import type { AnySchema, StandardSchema } from "../schema/standard.ts";
import type { SecretReference } from "./secret.ts";

/** Datasets by the names that a handler knows them under. */
export type Inputs = Readonly<Record<string, AnyDataset>>;

/** One dataset, or a record of them for a task with several outputs. */
export type Output = AnyDataset | Readonly<Record<string, AnyDataset>>;

/** What a handler takes. */
export type ReadOf<I extends Inputs> = { readonly [K in keyof I]: I[K]["~read"] };

/** What a handler returns. */
export type WriteOf<O extends Output> = O extends { readonly "~write": infer W }
  ? W
  : { readonly [K in keyof O]: O[K] extends { readonly "~write": infer W } ? W : never };

/** What a task declares. */
export interface TaskOptions<
  I extends Inputs,
  O extends Output,
  C extends ComputeResource,
  P,
  Sec extends Secrets,
  PIn = P,
> {
  readonly inputs?: I;
  readonly output: O;
  /** Absent: the default of whoever runs or compiles it. */
  readonly compute?: C;
  /** Further attempts after a failed one: a number, or a policy. Default 0. */
  readonly retries?: number | Partial<RetryPolicy>;
  /** Seconds that one attempt may take. */
  readonly timeout?: number;
  /** Run parameters; the handler gets them as `ctx.params`. */
  readonly params?: StandardSchema<PIn, P>;
  /** Secrets; the handler gets their values as `ctx.secrets`. */
  readonly secrets?: Sec;
  /**
   * What happens to a row (of a row-shaped input or output) that doesn't match its schema: `"fail"` (the default) ends
   * the attempt with `DATA_INVALID`, `"skip"` leaves the row out and counts it, a dataset takes an {@link InvalidRow} for each.
   */
  readonly onInvalid?: "fail" | "skip" | Dataset<InvalidRow, "rows">;
}

/** What a quarantine dataset holds. */
export interface InvalidRow {
  /** The dataset that the row was read from or meant for. */
  dataset: string;
  /** From 1. */
  row: number;
  /** Where in the row, and what is wrong with it. */
  issues: { path: string; message: string }[];
  /** The row itself. */
  value: Json;
}

/** Secret references by the names that a handler knows them under. */
export type Secrets = Readonly<Record<string, SecretReference>>;

/** A task's own code. A rows output may be an (async) generator. */
export type Handler<I extends Inputs, O extends Output, P, Sec extends Secrets> = (
  inputs: ReadOf<I>,
  ctx: TaskContext<P, { readonly [K in keyof Sec]: string }>,
) => WriteOf<O> | Promise<WriteOf<O>>;

/** What a handler may know besides its inputs. */
export interface TaskContext<P = unknown, S = Readonly<Record<string, string>>> {
  readonly runId: string;
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  readonly tenant: string | undefined;
  readonly params: P;
  readonly secrets: S;
  /** Fires on timeout and on cancel. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Writes log events. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: { readonly [key: string]: Json }) => void>>;

/**
 * A typed function from input datasets to output datasets, with the compute it needs.
 * `Needs` is its compute's kind (`never` when it names none), `P` the run parameters that it requires, `Parsed` what its
 * schema makes of them for the handler.
 */
export interface Task<
  I extends Inputs = Inputs,
  O extends Output = Output,
  Needs extends string = string,
  P = unknown,
  Parsed = P,
> extends TaskBase<I, O, Needs, P> {
  readonly form: "function";
  /** The handler itself, to call in a unit test. */
  readonly handler: Handler<I, O, Parsed, Secrets>;
  readonly command: undefined;
}

/** A task whose code is a command. */
export interface CommandTask<
  I extends Inputs = Inputs,
  O extends Output = Output,
  Needs extends string = string,
  P = unknown,
> extends TaskBase<I, O, Needs, P> {
  readonly form: "command";
  readonly handler: undefined;
  readonly command: readonly string[];
}

interface TaskBase<I extends Inputs, O extends Output, Needs extends string, P> {
  readonly name: string;
  readonly inputs: I;
  readonly output: O;
  readonly compute: ComputeResource | undefined;
  readonly retry: RetryPolicy;
  readonly timeout: number | undefined;
  readonly params: StandardSchema<P, unknown> | undefined;
  readonly secrets: Secrets;
  readonly onInvalid: "fail" | "skip" | AnyDataset;
  /** Phantom. */
  readonly "~needs"?: Needs;
  /** Phantom. */
  readonly "~params"?: P;
}

/** Any task at all. */
export interface AnyTask {
  readonly name: string;
  readonly form: "function" | "command";
  readonly inputs: Inputs;
  readonly output: Output;
  // biome-ignore lint/suspicious/noExplicitAny: a handler of any task
  readonly handler: ((inputs: any, ctx: any) => unknown) | undefined;
  readonly command: readonly string[] | undefined;
  readonly compute: ComputeResource | undefined;
  readonly retry: RetryPolicy;
  readonly timeout: number | undefined;
  readonly params: AnySchema | undefined;
  readonly secrets: Secrets;
  readonly onInvalid: "fail" | "skip" | AnyDataset;
  readonly "~needs"?: string;
  readonly "~params"?: unknown;
}
