import type { RawFormat } from "./format.ts";

/** What {@link bytes} and {@link file} may say of the content. */
export interface RawOptions {
  /** Without the leading dot. Default `bin`. */
  readonly extension?: string;
  /** Default `application/octet-stream`. */
  readonly contentType?: string;
}

/** Content left alone: a handler gets a `ReadableStream<Uint8Array>` and returns bytes or a stream. */
export function bytes(options: RawOptions = {}): RawFormat<"bytes"> {
  return raw("bytes", options);
}

/** A local copy: a handler gets a path and returns one. For tools that need files, such as DuckDB. */
export function file(options: RawOptions = {}): RawFormat<"file"> {
  return raw("file", options);
}

function raw<S extends "bytes" | "file">(shape: S, options: RawOptions): RawFormat<S> {
  return {
    name: shape,
    shape,
    extension: options.extension ?? "bin",
    contentType: options.contentType ?? "application/octet-stream",
    options: { ...options },
  };
}
