import { type Rows, rowsOf } from "../dataset/rows.ts";
import { GlacierError } from "../errors/index.ts";
import type { ByteSource, CodecContext, Format } from "../format/format.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { Plan, PlanDataset } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import { columnsOf } from "../schema/columns.ts";
import type { ObjectInfo } from "../storage/adapter.ts";
import { createStore } from "../storage/store.ts";
import type { Manifest } from "./manifest.ts";
import { readManifest } from "./state.ts";

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
  const dataset = plan.datasets.find((one) => one.name === name);
  if (dataset === undefined) {
    throw new GlacierError("DATASET_UNKNOWN", {
      message: `pipeline "${plan.pipeline}" has no dataset "${name}"`,
      hint: `It has: ${plan.datasets.map((one) => one.name).join(", ")}.`,
      context: { pipeline: plan.pipeline, dataset: name },
    });
  }
  const store = createStore(registry.storage(dataset.storage));
  const info = await store.stat(dataset.key);
  if (info === undefined) {
    throw new GlacierError("DATASET_MISSING", {
      message: `dataset "${name}" is not there (${store.uri(dataset.key)})`,
      hint:
        dataset.producer === undefined
          ? "Put the file there, or correct the dataset's storage."
          : `Run the pipeline: task "${dataset.producer}" makes it.`,
      context: { pipeline: plan.pipeline, dataset: name },
    });
  }
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
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* (await store.read(dataset?.key ?? "", { ifMatch: info?.etag ?? "" })).body;
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
