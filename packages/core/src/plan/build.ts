import type { AnyDataset } from "../dataset/dataset.ts";
import { GlacierError } from "../errors/index.ts";
import { compare, type Graph, writtenBy } from "../graph/graph.ts";
import { findMistakes, invalidPipeline } from "../graph/mistakes.ts";
import { checkName } from "../name.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { StorageResource } from "../storage/resource.ts";
import { isSingle } from "../task/task.ts";
import type { AnyTask } from "../task/types.ts";
import { findDataset } from "./lookup.ts";
import type { Plan, PlanDataset, PlanEdge, PlanTask } from "./plan.ts";

/** What a pipeline is bound to. */
export interface Binding {
  /** Where datasets without storage of their own go. */
  readonly defaultStorage: StorageResource;
  /** Where manifests and run journals go. */
  readonly state: StorageResource;
  readonly tenant?: string | undefined;
  /** Storage by dataset name, above all else. */
  readonly bindings?: Readonly<Record<string, StorageResource>> | undefined;
}

/** Binds a pipeline to one environment. Errors: `PIPELINE_INVALID`, `DATASET_UNKNOWN`, `NAME_INVALID`. */
export function buildPlan(pipeline: AnyPipeline, graph: Graph, binding: Binding): Plan {
  const { tenant, bindings = {} } = binding;
  if (tenant !== undefined) checkName("tenant", tenant);
  for (const name of Object.keys(bindings)) findDataset([...graph.datasets.values()], name);
  const mistakes = findMistakes(pipeline.name, graph, new Set(Object.keys(bindings)));
  if (mistakes.length > 0) throw invalidPipeline(pipeline.name, mistakes);

  const datasets = [...graph.datasets.values()].map((dataset) => planDataset(dataset, graph, binding));
  checkPlaces(pipeline.name, datasets);
  return {
    version: 1,
    pipeline: pipeline.name,
    ...(tenant !== undefined && { tenant }),
    ...(pipeline.schedule !== undefined && { schedule: pipeline.schedule }),
    state: binding.state,
    tasks: graph.order.map((index) => planTask(graph.tasks[index] as AnyTask)),
    datasets,
    edges: planEdges(graph),
  };
}

function planTask(task: AnyTask): PlanTask {
  const single = isSingle(task.output);
  const outputs = isSingle(task.output) ? { output: task.output.name } : names(task.output);
  return {
    name: task.name,
    form: task.form,
    inputs: names(task.inputs),
    outputs,
    single,
    ...(task.compute !== undefined && { compute: task.compute }),
    ...(task.command !== undefined && { command: task.command }),
    retry: task.retry,
    ...(task.timeout !== undefined && { timeout: task.timeout }),
    onInvalid: typeof task.onInvalid === "string" ? task.onInvalid : { quarantine: task.onInvalid.name },
    secrets: Object.fromEntries(Object.entries(task.secrets).map(([name, { secret }]) => [name, secret])),
  };
}

function planDataset(dataset: AnyDataset, graph: Graph, { bindings, defaultStorage, tenant }: Binding): PlanDataset {
  const { name, format } = dataset;
  const storage = bindings?.[name] ?? dataset.storage ?? defaultStorage;
  const producer = graph.producers.get(name)?.[0]?.name;
  return {
    name,
    shape: format.shape,
    format: { name: format.name, ...(format.options !== undefined && { options: format.options }) },
    extension: format.extension,
    contentType: format.contentType,
    storage,
    key: storage.key ?? `${tenant === undefined ? "" : `${tenant}/`}${name}.${format.extension}`,
    ...(producer !== undefined && { producer }),
    consumers: [...new Set((graph.consumers.get(name) ?? []).map((task) => task.name))].sort(compare),
    hasSchema: dataset.schema !== undefined,
    ...(dataset.metadata !== undefined && { metadata: dataset.metadata }),
  };
}

function planEdges(graph: Graph): PlanEdge[] {
  const edges: PlanEdge[] = [];
  for (const task of graph.tasks) {
    for (const { name } of writtenBy(task)) {
      for (const consumer of graph.consumers.get(name) ?? [])
        edges.push({ from: task.name, to: consumer.name, dataset: name });
    }
  }
  return edges.sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.dataset, b.dataset));
}

/** Two datasets in one object would overwrite each other. */
function checkPlaces(pipeline: string, datasets: readonly PlanDataset[]): void {
  const places = new Map<string, string>();
  for (const { name, storage, key } of datasets) {
    const { key: _, ...root } = storage;
    const place = `${JSON.stringify(Object.entries(root).sort())} ${key}`;
    const other = places.get(place);
    if (other !== undefined) {
      throw new GlacierError("PIPELINE_INVALID", {
        message: `pipeline "${pipeline}": datasets "${other}" and "${name}" are bound to the same object, ${key} (${storage.kind})`,
        hint: "Give one of them another key or storage.",
        context: { pipeline, dataset: name, key },
      });
    }
    places.set(place, name);
  }
}

function names(datasets: Readonly<Record<string, AnyDataset>>): Record<string, string> {
  return Object.fromEntries(Object.entries(datasets).map(([name, dataset]) => [name, dataset.name]));
}
