import { type Rows, rowsOf } from "../dataset/rows.ts";
import { GlacierError } from "../errors/index.ts";
import type { ByteSource, CodecContext, Format } from "../format/format.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import { findDataset, missingDataset, statDataset } from "../plan/lookup.ts";
import type { Plan, PlanDataset } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import type { Manifest } from "../run/manifest.ts";
import { readManifest } from "../run/state.ts";
import { columnsOf } from "../schema/columns.ts";
import type { ObjectInfo } from "../storage/adapter.ts";
import { createStore } from "../storage/store.ts";

/** A dataset as it is now, to look at: decoded but not validated. */
export interface OpenedDataset {
  readonly dataset: PlanDataset;
  /** Absent for a source, and for data that no run committed. */
  readonly manifest: Manifest | undefined;
  readonly info: ObjectInfo;
  /** Whether the data is what the manifest describes. */
  readonly current: boolean;
  /** Row formats only. Errors: `UNSUPPORTED`, `DECODE_FAILED`. */
  rows(): Rows<unknown>;
  /** Value formats only. Errors: `UNSUPPORTED`, `DECODE_FAILED`. */
  value(): Promise<unknown>;
  bytes(): AsyncIterable<Uint8Array>;
}

/** Opens a dataset of a plan. Errors: `DATASET_UNKNOWN`, `DATASET_MISSING`, any storage code. */
export async function openDataset(
  { plan, pipeline, registry }: { plan: Plan; pipeline: AnyPipeline; registry: Registry },
  name: string,
): Promise<OpenedDataset> {
  const dataset = findDataset(plan.datasets, name);
  const store = createStore(registry.storage(dataset.storage));
  const info = await statDataset(dataset, registry);
  if (info === undefined) throw missingDataset(dataset, registry, { pipeline: plan.pipeline });
  const manifest = (await readManifest(plan, name, registry))?.manifest;
  const live = pipeline.datasets.find((one) => one.name === name);
  const columns = columnsOf(live?.schema);
  const context: CodecContext = { dataset: name, ...(columns !== undefined && { columns }) };
  const format: Format = live?.format ?? registry.format(dataset.format.name, dataset.format.options);
  const source: ByteSource = {
    size: info.size,
    stream: () => body(),
    range: (start, end) => store.readBytes(dataset.key, { ifMatch: info.etag, range: { start, end } }),
  };
  const { etag } = info;
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* (await store.read(dataset.key, { ifMatch: etag })).body;
  }
  return {
    dataset,
    manifest,
    info,
    current: manifest === undefined || manifest.etag === info.etag,
    rows() {
      if (format.shape !== "rows") throw wrongShape(dataset, "rows");
      return rowsOf((format as Extract<Format, { shape: "rows" }>).decode(source, context));
    },
    value() {
      if (format.shape !== "value") throw wrongShape(dataset, "value");
      return (format as Extract<Format, { shape: "value" }>).decode(source, context);
    },
    bytes: () => source.stream(),
  };
}

function wrongShape({ name, shape, format }: PlanDataset, wanted: string): GlacierError {
  return new GlacierError("UNSUPPORTED", {
    message: `dataset "${name}" (${format.name}) has the shape ${shape}, not ${wanted}`,
    hint: "Look at the dataset's shape first.",
    context: { dataset: name },
  });
}
