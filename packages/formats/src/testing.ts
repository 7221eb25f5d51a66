import type { ByteSource, CodecContext, Column, ColumnType, RowsFormat } from "@glacier/core";
import fc from "fast-check";

/** A context with columns `name: type`, `?` after the type for nullable. */
export function contextOf(columns?: Record<string, ColumnType | `${ColumnType}?`>): CodecContext {
  if (columns === undefined) return { dataset: "things" };
  return { dataset: "things", columns: Object.entries(columns).map(([name, type]) => columnOf(name, type)) };
}

function columnOf(name: string, type: string): Column {
  return { name, type: type.replace("?", "") as ColumnType, nullable: type.endsWith("?"), optional: false };
}

/** What `format` makes of `rows`, in batches of `batchLength`. */
export async function encode(
  format: RowsFormat,
  rows: readonly unknown[],
  context: CodecContext = contextOf(),
  batchLength = 3,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of format.encode(batchesOf(rows, batchLength), context)) parts.push(part);
  return Buffer.concat(parts);
}

export async function* batchesOf<T>(rows: readonly T[], length: number): AsyncGenerator<T[]> {
  for (let start = 0; start < rows.length; start += length) yield rows.slice(start, start + length);
}

/** The rows of `content`, streamed in chunks of `chunkLengths` bytes by turns. */
export async function decode(
  format: RowsFormat,
  content: string | Uint8Array,
  context: CodecContext = contextOf(),
  chunkLengths: readonly number[] = [65_536],
): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const batch of format.decode(sourceOf(content, chunkLengths), context)) rows.push(...batch);
  return rows;
}

/** A source that only streams. */
export function sourceOf(content: string | Uint8Array, chunkLengths: readonly number[] = [65_536]): ByteSource {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return {
    size: bytes.length,
    async *stream() {
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const length = chunkLengths[turn % chunkLengths.length] ?? 1;
        yield bytes.subarray(at, at + length);
        at += length;
      }
    },
  };
}

/** The same with ranges, and a count of the bytes that were asked for. */
export function rangedSource(bytes: Uint8Array): ByteSource & { read: number } {
  const source = {
    ...sourceOf(bytes),
    read: 0,
    async range(start: number, end: number) {
      source.read += end - start;
      return bytes.subarray(start, end);
    },
  };
  return source;
}

/** What `run` rejects with, as code, place and message. */
export async function failure(
  run: Promise<unknown>,
): Promise<{ code?: string; message: string; line?: number; row?: number }> {
  try {
    await run;
  } catch (error) {
    const { code, message, context } = error as {
      code: string;
      message: string;
      context?: { line: number; row: number };
    };
    return { code, message, ...context };
  }
  throw new Error("it did not fail");
}

/** Text with everything that a format may trip over. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "\r\n", ";", "\t", "é", "🐧", "\uFEFF", " ", "a", "\0") }),
  fc.constantFrom("null", "true", "12", "NaN", "1e5", "2020-01-01", "{}", "[1]", "-0"),
);

/** Rows of one column of each type, nullable, and the context that says so. */
export const typedContext: CodecContext = contextOf({
  text: "string?",
  number: "number?",
  whole: "integer?",
  big: "bigint?",
  flag: "boolean?",
  at: "date?",
  nested: "json?",
});
export const typedRows: fc.Arbitrary<Record<string, unknown>[]> = fc.array(
  fc
    .record({
      text: fc.option(anyText),
      number: fc.option(fc.double()),
      whole: fc.option(fc.maxSafeInteger()),
      big: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      flag: fc.option(fc.boolean()),
      at: fc.option(fc.date({ noInvalidDate: true })),
      nested: fc.option(
        fc.oneof(
          fc.array(fc.jsonValue({ maxDepth: 2 })).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
          fc.record({ a: anyText, b: fc.integer() }).map((value) => ({ ...value })),
        ),
      ),
    })
    .map((row) => ({ ...row })),
  { maxLength: 20 },
);
