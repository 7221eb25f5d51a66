import type { AnyDataset } from "../dataset/dataset.ts";
import { describeThrown, GlacierError, isGlacierError } from "../errors/index.ts";
import type { PlanDataset } from "../plan/plan.ts";
import type { Manifest } from "../run/manifest.ts";
import { commitManifest } from "../run/state.ts";
import { jsonSchemaOf } from "../schema/columns.ts";
import type { ObjectInfo } from "../storage/adapter.ts";
import { createStore } from "../storage/store.ts";
import { once, sha256 } from "../stream/bytes.ts";
import type { Attempt } from "./attempt.ts";
import type { Barrier } from "./barrier.ts";
import { checkRows, checkValue } from "./check.ts";
import { codecContext } from "./inputs.ts";
import { pullRows } from "./pull.ts";

/** One output, written but not yet committed. */
export interface WrittenOutput {
  readonly bound: PlanDataset;
  readonly dataset: AnyDataset;
  readonly info: ObjectInfo;
  readonly rows: number | undefined;
  readonly invalid: number;
}

/** Encodes and writes one output; nothing is published before every party of the barrier has its whole content. */
export async function writeOutput(
  attempt: Attempt,
  dataset: AnyDataset,
  content: unknown,
  barrier: Barrier,
): Promise<WrittenOutput> {
  const bound = attempt.dataset(dataset.name);
  const counts: WriteCounts = { rows: dataset.format.shape === "rows" ? 0 : undefined, bytes: 0, invalid: 0 };
  const store = createStore(attempt.registry.storage(bound.storage));
  const body = held(await encode(attempt, dataset, content, counts), attempt, counts, barrier);
  try {
    const info = await store.write(bound.key, body, { contentType: bound.contentType, signal: attempt.signal });
    return { bound, dataset, info, rows: counts.rows, invalid: counts.invalid };
  } catch (error) {
    barrier.fail(error);
    attempt.abandon(error);
    throw error;
  }
}

/** Commits a written output: its manifest, and then the event. Errors: `DATASET_CHANGED`. */
export async function commitOutput(
  attempt: Attempt,
  output: WrittenOutput,
  inputs: Readonly<Record<string, string>>,
): Promise<void> {
  const { bound, info, rows, invalid } = output;
  const { runId, attempt: number } = attempt.invocation;
  const store = createStore(attempt.registry.storage(bound.storage));
  const schema = output.dataset.schema === undefined ? undefined : jsonSchemaOf(output.dataset.schema);
  const time = new Date();
  const manifest: Manifest = {
    version: 1,
    pipeline: attempt.plan.pipeline,
    ...(attempt.plan.tenant !== undefined && { tenant: attempt.plan.tenant }),
    dataset: bound.name,
    uri: store.uri(bound.key),
    etag: info.etag,
    bytes: info.size,
    ...(rows !== undefined && { rows }),
    ...(invalid > 0 && { invalid }),
    format: bound.format.name,
    ...(schema !== undefined && { schemaHash: await sha256(JSON.stringify(schema)) }),
    runId,
    task: attempt.task.name,
    attempt: number,
    inputs,
    time: time.toISOString(),
  };
  await commitManifest(
    attempt.plan,
    manifest,
    attempt.registry,
    async () => (await store.stat(bound.key))?.etag === info.etag,
  );
  attempt.emit({
    type: "dataset.written",
    runId,
    time: time.getTime(),
    task: attempt.task.name,
    attempt: number,
    dataset: bound.name,
    uri: manifest.uri,
    bytes: manifest.bytes,
    ...(rows !== undefined && { rows }),
    ...(invalid > 0 && { invalid }),
    etag: info.etag,
  });
}

interface WriteCounts {
  rows: number | undefined;
  bytes: number;
  invalid: number;
}

async function encode(
  attempt: Attempt,
  dataset: AnyDataset,
  content: unknown,
  counts: WriteCounts,
): Promise<AsyncIterable<Uint8Array>> {
  const { format } = dataset;
  const where = { task: attempt.task.name, dataset: dataset.name, direction: "written" } as const;
  switch (format.shape) {
    case "value":
      return (format as Extract<typeof format, { shape: "value" }>).encode(
        await checkValue(content, dataset.schema, where),
        codecContext(attempt, dataset),
      );
    case "rows": {
      const checked = checkRows(pullRows(attempt, dataset.name, content, counts), {
        ...where,
        dataset,
        onInvalid: attempt.onInvalid,
        leftOut: (rows) => {
          counts.invalid += rows;
        },
      });
      return (format as Extract<typeof format, { shape: "rows" }>).encode(
        countRows(attempt, checked, counts),
        codecContext(attempt, dataset),
      );
    }
    case "bytes":
      return bytesOf(attempt, dataset.name, content);
    case "file":
      return fileOf(attempt, dataset.name, content);
  }
}

async function* countRows(
  attempt: Attempt,
  batches: AsyncIterable<unknown[]>,
  counts: WriteCounts,
): AsyncGenerator<unknown[]> {
  for await (const batch of batches) {
    counts.rows = (counts.rows ?? 0) + batch.length;
    attempt.meter.add("rowsWritten", batch.length);
    yield batch;
  }
}

/** The encoded bytes; their end waits at the barrier. */
async function* held(
  encoded: AsyncIterable<Uint8Array>,
  attempt: Attempt,
  counts: WriteCounts,
  barrier: Barrier,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of encoded) {
    counts.bytes += chunk.length;
    attempt.meter.add("bytesWritten", chunk.length);
    yield chunk;
  }
  await barrier.arrive();
  attempt.signal.throwIfAborted();
  if (attempt.fault !== undefined) throw attempt.fault.error;
}

function bytesOf(attempt: Attempt, dataset: string, content: unknown): AsyncIterable<Uint8Array> {
  if (content instanceof Uint8Array) return once(content);
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content)
    return checkedChunks(attempt, dataset, content as AsyncIterable<unknown>);
  throw wrongContent(
    attempt,
    dataset,
    "bytes: a Uint8Array, a ReadableStream or an async iterable of Uint8Arrays",
    content,
  );
}

async function* checkedChunks(
  attempt: Attempt,
  dataset: string,
  content: AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array> {
  for await (const batch of pullRows(attempt, dataset, content, undefined)) {
    for (const chunk of batch) {
      if (!(chunk instanceof Uint8Array)) throw wrongContent(attempt, dataset, "chunks that are Uint8Arrays", chunk);
      yield chunk;
    }
  }
}

async function fileOf(attempt: Attempt, dataset: string, content: unknown): Promise<AsyncIterable<Uint8Array>> {
  if (typeof content !== "string" || content === "")
    throw wrongContent(attempt, dataset, "the path of a file", content);
  try {
    return (await (await attempt.scratch()).open(content)).stream();
  } catch (cause) {
    if (!isGlacierError(cause, "NOT_FOUND")) throw cause;
    throw new GlacierError("TASK_FAILED", {
      message: `task "${attempt.task.name}": the file for dataset "${dataset}" is not there (${describeThrown(cause)})`,
      hint: "Write the file before the task ends; a command writes it to $GLACIER_OUTPUT_<NAME>.",
      cause,
      context: { task: attempt.task.name, dataset },
      retryable: false,
    });
  }
}

/** What a handler returned for a dataset is not what its format takes. */
export function wrongContent(attempt: Attempt, dataset: string, wanted: string, found: unknown): GlacierError {
  const type = found === null ? "null" : Array.isArray(found) ? "an array" : typeof found;
  return new GlacierError("DATA_INVALID", {
    message: `task "${attempt.task.name}": dataset "${dataset}" takes ${wanted}, not ${type}`,
    hint: "Return what the dataset's format takes; the types say it too.",
    context: { task: attempt.task.name, dataset },
  });
}
