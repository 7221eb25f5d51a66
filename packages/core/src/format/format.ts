import type { Json } from "../json.ts";
import type { Column } from "../schema/columns.ts";

/** What a handler sees of a dataset: one value, a stream of rows, a stream of bytes, or a local file. */
export type Shape = "value" | "rows" | "bytes" | "file";

/**
 * How a dataset's content turns into bytes and back.
 *
 * `T` is the type that the format itself knows of (`string` for text); a schema or the user says the rest.
 * Errors: `DECODE_FAILED` (with `context.line` or `context.row` where there is one), `ENCODE_FAILED`, `ROW_TOO_LARGE`.
 */
export type Format<S extends Shape = Shape, T = unknown> = S extends "rows"
  ? RowsFormat<T>
  : S extends "value"
    ? ValueFormat<T>
    : RawFormat<S>;

interface FormatBase<S extends Shape> {
  /** `csv`, `parquet`…: how the registry and the plan name it. */
  readonly name: string;
  readonly shape: S;
  /** File extension without the leading dot: `ndjson`, `csv.gz`. */
  readonly extension: string;
  readonly contentType: string;
  /** What makes `registry.format(name, options)` build the same format again. */
  readonly options?: { readonly [key: string]: Json };
}

/** A format whose content is one value: json, text. */
export interface ValueFormat<T = unknown> extends FormatBase<"value"> {
  /** Phantom: carries `T`. */
  readonly "~type"?: T;
  decode(source: ByteSource, context: CodecContext): Promise<unknown>;
  encode(value: unknown, context: CodecContext): AsyncIterable<Uint8Array>;
}

/**
 * A format whose content is a sequence of rows: ndjson, csv, parquet, arrow.
 * Rows travel in batches (arrays of some hundred to some thousand rows), in bounded memory both ways.
 */
export interface RowsFormat<T = unknown> extends FormatBase<"rows"> {
  readonly "~type"?: T;
  decode(source: ByteSource, context: CodecContext): AsyncIterable<unknown[]>;
  encode(batches: AsyncIterable<unknown[]>, context: CodecContext): AsyncIterable<Uint8Array>;
}

/** A format that leaves content alone: bytes, file. */
export interface RawFormat<S extends Shape = Shape> extends FormatBase<S> {
  readonly "~type"?: never;
}

/** Bytes that can be streamed from the start or, where `range` exists, read from anywhere. */
export interface ByteSource {
  /** Total size in bytes, where it is known. */
  readonly size?: number;
  stream(): AsyncIterable<Uint8Array>;
  /** Bytes `start` to `end` (exclusive). Absent where only streaming works (compressed data). */
  range?(start: number, end: number): Promise<Uint8Array>;
}

/** What a codec may know: the columns, and where it is, for its errors. */
export interface CodecContext {
  /** The dataset's name, for messages. */
  readonly dataset: string;
  /** Columns by name, from the dataset's schema, where the schema tells; else undefined. */
  readonly columns?: readonly Column[];
  /** Once it fires, decoding and encoding fail with its reason; `untilAborted` does that for a stream. */
  readonly signal?: AbortSignal;
}
