import type { AnyDataset } from "../dataset/dataset.ts";
import { rowsOf } from "../dataset/rows.ts";
import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { ByteSource, CodecContext } from "../format/format.ts";
import { changedDataset, missingDataset, statDataset } from "../plan/lookup.ts";
import type { PlanDataset } from "../plan/plan.ts";
import { readManifest } from "../run/state.ts";
import { columnsOf } from "../schema/columns.ts";
import { createStore } from "../storage/store.ts";
import { readAll } from "../stream/bytes.ts";
import { toReadableStream } from "../stream/readable.ts";
import type { Attempt } from "./attempt.ts";
import { checkRows, checkValue } from "./check.ts";

/** An input, ready for the handler, with the etag of the version that it is. */
export interface OpenedInput {
  readonly etag: string;
  readonly value: unknown;
}

/** Opens one input in the handler's shape. Rows, bytes: nothing is read yet. */
export async function openInput(
  attempt: Attempt,
  name: string,
  dataset: AnyDataset,
  onlyFile: boolean,
): Promise<OpenedInput> {
  const bound = attempt.dataset(dataset.name);
  const etag = await expectedEtag(attempt, bound);
  const counts: ReadCounts = { bytes: 0, rows: undefined, invalid: 0 };
  const source = await openSource(attempt, bound, etag, counts);
  const value = onlyFile
    ? await attempt.saveInput(name, bound, source.stream())
    : await decode(attempt, name, dataset, bound, source, counts);
  attempt.reads.push({ dataset: bound.name, etag, counts });
  return { etag, value };
}

/** What was read of one input so far. */
export interface ReadCounts {
  bytes: number;
  rows: number | undefined;
  /** Rows that `onInvalid` left out. */
  invalid: number;
}

async function decode(
  attempt: Attempt,
  name: string,
  dataset: AnyDataset,
  bound: PlanDataset,
  source: ByteSource,
  counts: ReadCounts,
): Promise<unknown> {
  const { format } = dataset;
  const context = codecContext(attempt, dataset);
  switch (format.shape) {
    case "value": {
      const value = await (format as Extract<typeof format, { shape: "value" }>).decode(source, context);
      return checkValue(value, dataset.schema, { task: attempt.task.name, dataset: dataset.name, direction: "read" });
    }
    case "rows": {
      const decoded = (format as Extract<typeof format, { shape: "rows" }>).decode(source, context);
      const check = {
        task: attempt.task.name,
        dataset,
        direction: "read",
        onInvalid: attempt.onInvalid,
        leftOut: (rows: number) => {
          counts.invalid += rows;
        },
      } as const;
      return rowsOf(onceOnly(attempt, dataset.name, countRows(attempt, checkRows(decoded, check), counts)));
    }
    case "bytes":
      return toReadableStream(attempt.guard(source.stream()));
    case "file":
      return attempt.saveInput(name, bound, source.stream());
  }
}

/** What a codec may know of a dataset. */
export function codecContext(attempt: Attempt, dataset: AnyDataset): CodecContext {
  const columns = columnsOf(dataset.schema);
  return { dataset: dataset.name, signal: attempt.signal, ...(columns !== undefined && { columns }) };
}

/**
 * The version to read: within a run the producer's commit, for a source what it was when the run began.
 * Errors: `DATASET_MISSING`, `DATASET_CHANGED`.
 */
async function expectedEtag(attempt: Attempt, bound: PlanDataset): Promise<string> {
  const pinned = attempt.invocation.sources[bound.name];
  if (pinned !== undefined) return pinned;
  if (bound.producer === undefined) {
    const info = await statDataset(bound, attempt.registry, attempt.signal);
    if (info === undefined) throw missing(attempt, bound);
    return info.etag;
  }
  const committed = await readManifest(attempt.plan, bound.name, attempt.registry);
  if (committed === undefined) throw missing(attempt, bound);
  const { manifest } = committed;
  const { selected, runId } = attempt.invocation;
  if ((selected === "all" || selected.includes(bound.producer)) && manifest.runId !== runId) {
    throw changed(attempt, bound, `by run ${manifest.runId}`);
  }
  return manifest.etag;
}

/** Opens the bytes, if-match; a body that stops matching midway is `DATASET_CHANGED` too. */
async function openSource(
  attempt: Attempt,
  bound: PlanDataset,
  ifMatch: string,
  counts: ReadCounts,
): Promise<ByteSource> {
  const { key } = bound;
  const store = createStore(attempt.registry.storage(bound.storage));
  const { signal } = attempt;
  const translate = (error: unknown): unknown => {
    if (isGlacierError(error, "PRECONDITION_FAILED")) return changed(attempt, bound, "by something else");
    if (isGlacierError(error, "NOT_FOUND")) return missing(attempt, bound);
    return error;
  };
  async function open(range?: { start: number; end: number }) {
    try {
      return await store.read(key, { ifMatch, signal, ...(range !== undefined && { range }) });
    } catch (error) {
      throw translate(error);
    }
  }
  const info = await store.stat(key, { signal });
  if (info === undefined) throw missing(attempt, bound);
  if (info.etag !== ifMatch) throw changed(attempt, bound, "by something else");

  async function* stream(range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    const { body } = await open(range);
    try {
      for await (const chunk of body) {
        counts.bytes += chunk.length;
        attempt.meter.add("bytesRead", chunk.length);
        yield chunk;
      }
    } catch (error) {
      throw translate(error);
    }
  }
  return { size: info.size, stream: () => stream(), range: (start, end) => readAll(stream({ start, end })) };
}

async function* countRows(
  attempt: Attempt,
  batches: AsyncIterable<unknown[]>,
  counts: ReadCounts,
): AsyncGenerator<unknown[]> {
  counts.rows = 0;
  for await (const batch of attempt.guard(batches)) {
    counts.rows += batch.length;
    attempt.meter.add("rowsRead", batch.length);
    yield batch;
  }
}

/** A stream read twice would be empty the second time; that must not pass for an empty dataset. */
function onceOnly<T>(attempt: Attempt, dataset: string, iterable: AsyncIterable<T>): AsyncIterable<T> {
  let used = false;
  return {
    [Symbol.asyncIterator]() {
      if (used) {
        throw new GlacierError("TASK_FAILED", {
          message: `task "${attempt.task.name}" reads the rows of "${dataset}" a second time`,
          hint: "Rows are a stream: keep them with toArray() to go through them twice.",
          context: { task: attempt.task.name, dataset },
          retryable: false,
        });
      }
      used = true;
      return iterable[Symbol.asyncIterator]();
    },
  };
}

function missing({ task, registry }: Attempt, bound: PlanDataset): GlacierError {
  return missingDataset(bound, registry, { task: task.name });
}

function changed({ task, invocation: { runId } }: Attempt, { name }: PlanDataset, by: string): GlacierError {
  return changedDataset(name, `was replaced ${by} while run ${runId} was using it`, { task: task.name, runId });
}
