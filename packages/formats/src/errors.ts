import { type CodecContext, describeThrown, GlacierError, isGlacierError } from "@glacier/core";

/** Where in a dataset: a line of a text file or a row, from 1. */
export interface Place {
  readonly line?: number;
  readonly row?: number;
}

/** The error of a format: `dataset "x", line 3: …`. */
export function formatError(
  code: "DECODE_FAILED" | "ENCODE_FAILED" | "ROW_TOO_LARGE",
  context: CodecContext,
  place: Place,
  message: string,
  hint: string,
  cause?: unknown,
): GlacierError {
  const where = place.line !== undefined ? `, line ${place.line}` : place.row !== undefined ? `, row ${place.row}` : "";
  return new GlacierError(code, {
    message: `dataset "${context.dataset}"${where}: ${message}`,
    hint,
    cause,
    context: { dataset: context.dataset, ...place },
  });
}

/** `OPTION_INVALID` of a format's option. */
export function invalidOption(format: string, option: string, expected: string, value: unknown): GlacierError {
  const found = typeof value === "string" || typeof value === "number" ? JSON.stringify(value) : typeof value;
  return new GlacierError("OPTION_INVALID", {
    message: `${format}: ${option} must be ${expected}, not ${found}`,
    hint: "Correct the option, or leave it out.",
  });
}

/** An option that is a whole number from 1 to `max`, or its default. Errors: `OPTION_INVALID`. */
export function countOption(
  format: string,
  option: string,
  value: number | undefined,
  standard: number,
  max: number,
): number {
  if (value === undefined) return standard;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalidOption(format, option, `a whole number from 1 to ${max}`, value);
}

/** A row as an object of columns. Errors: `ENCODE_FAILED`. */
export function recordOf(row: unknown, number: number, context: CodecContext): Readonly<Record<string, unknown>> {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row as Record<string, unknown>;
  const found = row === null ? "null" : Array.isArray(row) ? "an array" : `a ${typeof row}`;
  throw formatError(
    "ENCODE_FAILED",
    context,
    { row: number },
    `a row must be an object, not ${found}`,
    "Yield one plain object a row, its keys being the columns.",
  );
}

/** The `ENCODE_FAILED` of a key that no column has: it would be lost. */
export function unknownKey(key: string, row: number, fromSchema: boolean, context: CodecContext): GlacierError {
  const source = fromSchema ? "the dataset's schema" : "the first rows, which decide where there is no schema";
  return formatError(
    "ENCODE_FAILED",
    context,
    { row },
    `column ${JSON.stringify(key)} is not in ${source}`,
    "Give the dataset a schema that has every column, or drop the key from the row.",
  );
}

/** What to throw for what a library threw: `DECODE_FAILED`, but errors of the source and of our own as they are. */
export function decodeFailure(error: unknown, format: string, context: CodecContext, source: SourceFailure): unknown {
  if (source.thrown !== undefined) return source.thrown.error;
  if (isGlacierError(error)) return error;
  return formatError(
    "DECODE_FAILED",
    context,
    {},
    `not a whole ${format} file (${describeThrown(error).split("\n")[0]})`,
    "The file is cut off, damaged or in another format: write it again, or correct the dataset's format.",
    error,
  );
}

/** Remembers what the source itself threw, to tell it from what a library makes of it. */
export interface SourceFailure {
  thrown?: { readonly error: unknown };
}

/** The same stream, its failure remembered. */
export async function* watched(stream: AsyncIterable<Uint8Array>, failure: SourceFailure): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    failure.thrown = { error };
    throw error;
  }
}
