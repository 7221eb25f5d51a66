import type { CodecContext, RowsFormat } from "@glacier/core";
import { expect } from "vitest";
import { batchesOf, cutsEvery, joined, sourceOf } from "./io.ts";
import { type Subject, samples } from "./shared-cases.ts";

type RowsSubject = Pick<Subject, "contents"> & { readonly format: RowsFormat };

/** Rows in one batch of what is written here. */
const batchLength = 50;

/** Reading never is further ahead of the rows that it gave out than `maxBuffered` bytes, and gives out no more at a time. */
export async function readsBounded(
  { format, contents }: RowsSubject,
  context: CodecContext,
  maxBuffered: number,
): Promise<void> {
  const { rows, rowBytes } = manyRows(contents, maxBuffered * 5);
  const bytes = await joined(format.encode(batchesOf(rows, [batchLength]), context));
  const chunk = Math.ceil(bytes.length / 200);
  const source = sourceOf(bytes, cutsEvery(chunk, bytes.length), true);
  let given = 0;
  let ahead = 0;
  for await (const batch of format.decode(source, context)) {
    ahead = Math.max(ahead, source.pulled - (given / rows.length) * bytes.length);
    given += batch.length;
    expect(batch.length * rowBytes, "bytes of one batch of rows").toBeLessThanOrEqual(maxBuffered);
  }
  expect(given).toBe(rows.length);
  expect(Math.floor(ahead), "bytes read ahead of the rows given").toBeLessThanOrEqual(maxBuffered + chunk);
}

/** Writing never takes more than `maxBuffered` bytes of rows before the next bytes leave, and lets no larger chunk out. */
export async function writesBounded(
  { format, contents }: RowsSubject,
  context: CodecContext,
  maxBuffered: number,
): Promise<void> {
  const { rows, rowBytes } = manyRows(contents, maxBuffered * 5);
  let taken = 0;
  const counted = async function* (): AsyncGenerator<unknown[]> {
    for await (const batch of batchesOf(rows, [batchLength])) {
      taken += batch.length;
      yield batch;
    }
  };
  let before = 0;
  let ahead = 0;
  for await (const part of format.encode(counted(), context)) {
    if (part.length === 0) continue;
    ahead = Math.max(ahead, taken - before);
    before = taken;
    expect(part.length, "bytes of one chunk").toBeLessThanOrEqual(maxBuffered);
  }
  expect(Math.floor(ahead * rowBytes), "bytes of rows taken for one chunk").toBeLessThanOrEqual(
    maxBuffered + batchLength * rowBytes,
  );
}

/** A reader that stops closes the source's stream; one that stops taking bytes closes the rows. */
export async function sourceIsClosed(
  { format, contents }: RowsSubject,
  context: CodecContext,
  maxBuffered: number,
): Promise<void> {
  const { rows } = manyRows(contents, maxBuffered * 2);
  let open = 0;
  const watched = async function* (): AsyncGenerator<unknown[]> {
    open++;
    try {
      yield* batchesOf(rows, [batchLength]);
    } finally {
      open--;
    }
  };
  for await (const _ of format.encode(watched(), context)) break;
  await settled();
  expect(open, "row streams that are still open").toBe(0);

  const bytes = await joined(format.encode(batchesOf(rows), context));
  for (const ranges of [true, false]) {
    const source = sourceOf(bytes, cutsEvery(4096, bytes.length), ranges);
    for await (const _ of format.decode(source, context)) break;
    await settled();
    expect(source.open, "sources that are still open").toBe(0);
  }
}

/** Rows of one sort (the same keys) that make up about `bytes` as JSON, as different as the arbitrary's are. */
function manyRows(contents: Subject["contents"], bytes: number): { rows: unknown[]; rowBytes: number } {
  const found = samples(contents, 200).flatMap((rows) => rows as unknown[]);
  const [first] = found;
  const alike = found.filter((row) => keysOf(row) === keysOf(first));
  const size = alike.reduce<number>((sum, row) => sum + bytesOf(row), 0);
  const rows: unknown[] = [];
  for (let made = 0; made < bytes; made += size) for (const row of alike) rows.push(row);
  return { rows, rowBytes: size / alike.length };
}

function keysOf(row: unknown): string {
  return typeof row === "object" && row !== null ? Object.keys(row).join() : "";
}

function bytesOf(row: unknown): number {
  const text = JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  return Buffer.byteLength(text);
}

/** Closing goes through streams of the platform, which takes turns of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
