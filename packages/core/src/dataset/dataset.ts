import { GlacierError } from "../errors/index.ts";
import type { Format, Shape } from "../format/format.ts";
import { json } from "../format/json.ts";
import type { Json } from "../json.ts";
import { checkName } from "../name.ts";
import type { AnySchema, StandardSchema } from "../schema/standard.ts";
import type { StorageResource } from "../storage/resource.ts";
import type { Rows } from "./rows.ts";

/** What every dataset may say of itself. */
export interface DatasetOptions {
  /** Where the bytes live; without it the run or the target decides. */
  readonly storage?: StorageResource;
  /** Anything worth keeping with it: owner, description, classification. */
  readonly metadata?: { readonly [key: string]: Json };
}

/**
 * A named, typed data artifact. `T` is what a task reads (one row, for a row format), `In` what a task writes
 * before the schema's own transformations, `S` the {@link Shape} that the format gives it.
 *
 * Errors: `NAME_INVALID`, `OPTION_INVALID`.
 */
export class Dataset<T = unknown, S extends Shape = "value", In = T> {
  readonly name: string;
  readonly format: Format<S>;
  readonly schema: StandardSchema<In, T> | undefined;
  readonly storage: StorageResource | undefined;
  readonly metadata: { readonly [key: string]: Json } | undefined;
  /** Phantom: what a handler takes for this dataset. */
  declare readonly "~read": Read<T, S>;
  /** Phantom: what a handler returns for this dataset. */
  declare readonly "~write": Write<In, S>;

  /** Without a schema: typed by hand or by the format. Json by default. */
  constructor(name: string, options?: DatasetOptions & { readonly schema?: never; readonly format?: Format<S, T> });
  /** With a schema: validated on every read and write; per row for a row format, else the whole value. Json by default. */
  constructor(
    name: string,
    options: DatasetOptions & { readonly schema: StandardSchema<In, T>; readonly format?: Format<S> },
  );
  constructor(
    name: string,
    options: DatasetOptions & { readonly schema?: StandardSchema<In, T>; readonly format?: Format<S> } = {},
  ) {
    checkName("dataset", name);
    this.name = name;
    this.format = options.format ?? (json() as Format<S>);
    this.schema = options.schema;
    this.storage = options.storage;
    this.metadata = options.metadata;
    if (this.schema !== undefined && typeof this.schema["~standard"]?.validate !== "function") {
      throw new GlacierError("OPTION_INVALID", {
        message: `dataset "${name}": its schema is not a Standard Schema`,
        hint: "Pass a schema of zod, valibot, arktype or another library that implements https://standardschema.dev.",
        context: { dataset: name },
      });
    }
    if (this.schema !== undefined && (this.format.shape === "bytes" || this.format.shape === "file")) {
      throw new GlacierError("OPTION_INVALID", {
        message: `dataset "${name}": a ${this.format.shape} format has no values that a schema could check`,
        hint: "Leave the schema out, or choose a format with values or rows.",
        context: { dataset: name },
      });
    }
  }
}

/** Any dataset at all. */
export interface AnyDataset {
  readonly name: string;
  readonly format: Format;
  readonly schema: AnySchema | undefined;
  readonly storage: StorageResource | undefined;
  readonly metadata: { readonly [key: string]: Json } | undefined;
  readonly "~read": unknown;
  readonly "~write": unknown;
}

type Read<T, S extends Shape> = S extends "rows"
  ? Rows<T>
  : S extends "value"
    ? T
    : S extends "bytes"
      ? ReadableStream<Uint8Array>
      : string;

type Write<T, S extends Shape> = S extends "rows"
  ? Iterable<T> | AsyncIterable<T>
  : S extends "value"
    ? T
    : S extends "bytes"
      ? Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>
      : string;
