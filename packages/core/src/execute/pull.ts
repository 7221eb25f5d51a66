import type { Attempt } from "./attempt.ts";
import { wrongContent } from "./outputs.ts";

/** Batches of rows aim at this many encoded bytes, so that large rows don't pile up. */
const batchBytes = 65_536;
const maxBatch = 4096;

/**
 * Whatever a handler returned for rows, in batches: an array in slices, {@link Rows} in their own batches, any other
 * (async) iterable row by row. Its errors are the task's own; a pull that never answers ends with the attempt's signal.
 * `counts` (what was encoded so far) sizes the batches; without it every item comes alone.
 */
export async function* pullRows(
  attempt: Attempt,
  dataset: string,
  content: unknown,
  counts: { readonly rows: number | undefined; readonly bytes: number } | undefined,
): AsyncGenerator<unknown[]> {
  const iterator = batchIterator(attempt, dataset, content, () => batchSize(counts));
  let done = false;
  try {
    for (;;) {
      const result = await attempt.untilLeft(iterator.next());
      if (result.done === true) {
        done = true;
        return;
      }
      if (result.value.length > 0) yield result.value;
    }
  } finally {
    // Not awaited: a generator that hangs in an await would never answer.
    if (!done) iterator.return?.().catch(() => {});
  }
}

function batchSize(counts: { readonly rows: number | undefined; readonly bytes: number } | undefined): number {
  if (counts === undefined) return 1;
  if (counts.bytes === 0 || counts.rows === undefined || counts.rows === 0) return 256;
  return Math.max(1, Math.min(maxBatch, Math.floor((batchBytes * counts.rows) / counts.bytes)));
}

function batchIterator(
  attempt: Attempt,
  dataset: string,
  content: unknown,
  size: () => number,
): AsyncIterator<unknown[]> {
  if (typeof content === "object" && content !== null) {
    if ("batches" in content && typeof content.batches === "function") return content.batches()[Symbol.asyncIterator]();
    if (Symbol.asyncIterator in content) return fromAsync(content as AsyncIterable<unknown>, size, attempt.signal);
    if (Symbol.iterator in content) return fromSync(content as Iterable<unknown>, size);
  }
  throw wrongContent(attempt, dataset, "rows: an array, an iterable or an async iterable", content);
}

async function* fromSync(rows: Iterable<unknown>, size: () => number): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  let limit = size();
  for (const row of rows) {
    batch.push(row);
    if (batch.length < limit) continue;
    yield batch;
    batch = [];
    limit = size();
  }
  if (batch.length > 0) yield batch;
}

async function* fromAsync(
  rows: AsyncIterable<unknown>,
  size: () => number,
  signal: AbortSignal,
): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  let limit = size();
  for await (const row of rows) {
    if (signal.aborted) return;
    batch.push(row);
    if (batch.length < limit) continue;
    yield batch;
    batch = [];
    limit = size();
  }
  if (batch.length > 0) yield batch;
}
