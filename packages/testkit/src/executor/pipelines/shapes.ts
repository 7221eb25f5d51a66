import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AnyPipeline, bytes, Dataset, file, ndjson, Pipeline, type Rows, task, text } from "@glacier/core";

const here = { module: import.meta.url };

// Each pipeline makes a dataset of one shape in `make`, and copies it in `copy`: what a handler gets must be what another gave.

interface Row {
  n: number;
  text: string;
}

/** A value with what JSON and UTF-8 can get wrong. */
export const someValue: unknown = {
  empty: [{}, [], "", null, false, 0],
  deep: { deeper: { deepest: [1.5, -2e-7, 9_007_199_254_740_991] } },
  'a key, with: "signs"': "Zürich, 東京, 🧊, \u2028, \\n, \n",
};
/** Text without a line end at its end, and with lone and odd ones within. */
export const someText = "first\nsecond\r\n\n  Zürich 東京 🧊\u2028\ttail";
/** How many rows there are. */
export const rowCount = 2500;
/** Bytes of the large stream: some MiB, and no power of two. */
export const streamSize: number = 5 * 1024 * 1024 + 77;

/** Bytes `from` to `to` of a pattern that repeats at no power of two. */
export function pattern(from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  for (let at = from; at < to; at++) bytes[at - from] = (at * 31 + (at >> 8)) % 251;
  return bytes;
}

export function rowAt(n: number): Row {
  return { n, text: n % 7 === 0 ? "🧊".repeat(n % 20) : `row ${n}` };
}

const value = new Dataset<unknown>("value");
export const values: AnyPipeline = new Pipeline(
  "kit_values",
  [
    task("make", { output: value }, () => someValue),
    task("copy", { inputs: { value }, output: new Dataset<unknown>("copied") }, ({ value }) => value),
  ],
  here,
);

const words = new Dataset("words", { format: text() });
export const texts: AnyPipeline = new Pipeline(
  "kit_texts",
  [
    task("make", { output: words }, () => someText),
    task("copy", { inputs: { words }, output: new Dataset("copied", { format: text() }) }, ({ words }) => words),
  ],
  here,
);

const rows = new Dataset<Row, "rows">("rows", { format: ndjson() });
const copiedRows = new Dataset<Row, "rows">("copied", { format: ndjson() });
export const manyRows: AnyPipeline = new Pipeline(
  "kit_rows",
  [
    task("make", { output: rows }, async function* () {
      for (let n = 0; n < rowCount; n++) yield rowAt(n);
    }),
    task("copy", { inputs: { rows }, output: copiedRows }, async function* ({ rows }) {
      for await (const row of rows) yield row;
    }),
  ],
  here,
);

/** No rows at all, once from an array and once from a generator. */
export const noRows: AnyPipeline = new Pipeline(
  "kit_no_rows",
  [
    task("make", { output: rows }, () => []),
    task("copy", { inputs: { rows }, output: copiedRows }, async function* ({ rows }) {
      yield* rows;
    }),
  ],
  here,
);

const blob = new Dataset("blob", { format: bytes() });
const copiedBlob = new Dataset("copied", { format: bytes() });
export const blobs: AnyPipeline = new Pipeline(
  "kit_bytes",
  [
    task("make", { output: blob }, () => Uint8Array.from({ length: 512 }, (_, at) => at)),
    task("copy", { inputs: { blob }, output: copiedBlob }, async ({ blob }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of blob) chunks.push(chunk);
      return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
    }),
  ],
  here,
);

/** In odd pieces, whose number and size nobody knows before. */
export const streams: AnyPipeline = new Pipeline(
  "kit_streams",
  [
    task("make", { output: blob }, async function* () {
      for (let at = 0, size = 1; at < streamSize; at += size, size = (size * 3) % 100_003) {
        size = Math.min(size, streamSize - at);
        yield pattern(at, at + size);
      }
    }),
    task("copy", { inputs: { blob }, output: copiedBlob }, ({ blob }) => blob),
  ],
  here,
);

const paper = new Dataset("paper", { format: file({ extension: "txt" }) });
export const files: AnyPipeline = new Pipeline(
  "kit_files",
  [
    task("make", { output: paper }, async (_, { runId }) => {
      const path = join(tmpdir(), `glacier-kit-${runId}`);
      await writeFile(path, pattern(0, 70_000));
      return path;
    }),
    task("copy", { inputs: { paper }, output: copiedBlob }, async ({ paper }) => new Uint8Array(await readFile(paper))),
  ],
  here,
);

const evens = new Dataset<Row, "rows">("evens", { format: ndjson() });
const count = new Dataset<number>("count");
const note = new Dataset("note", { format: text() });
/** Several outputs of several shapes, and several inputs. */
export const several: AnyPipeline = new Pipeline(
  "kit_several",
  [
    task("make", { output: { even: evens, count, note } }, () => ({
      even: [0, 2, 4].map(rowAt),
      count: 3,
      note: someText,
    })),
    task(
      "copy",
      { inputs: { rows: evens, count, note }, output: new Dataset<unknown>("copied") },
      async ({ rows, count, note }) => ({ rows: await rows.toArray(), count, note }),
    ),
  ],
  here,
);

/** Reads a part of its input and leaves the rest. */
export const partial: AnyPipeline = new Pipeline(
  "kit_partial",
  [
    task("make", { output: rows }, () => Array.from({ length: rowCount }, (_, n) => rowAt(n))),
    task("copy", { inputs: { rows }, output: copiedRows }, ({ rows }) => firstOf(rows)),
  ],
  here,
);

async function firstOf(rows: Rows<Row>): Promise<Row[]> {
  for await (const row of rows) return [row];
  return [];
}
