import { type ErrorCode, type ErrorContext, GlacierError } from "../errors/index.ts";
import type { Registry } from "../provider/registry.ts";
import type { ObjectInfo } from "../storage/adapter.ts";
import { createStore } from "../storage/store.ts";
import type { PlanDataset } from "./plan.ts";

/** The dataset of that name. Errors: `DATASET_UNKNOWN`. */
export function findDataset<D extends Named>(datasets: readonly D[], name: string): D {
  return find(datasets, name) ?? unknown("DATASET_UNKNOWN", "dataset", datasets, name);
}

/** The task of that name. Errors: `TASK_UNKNOWN`. */
export function findTask<T extends Named>(tasks: readonly T[], name: string): T {
  return find(tasks, name) ?? unknown("TASK_UNKNOWN", "task", tasks, name);
}

/** What the storage says of a dataset now, whatever a manifest claims; undefined where there is no data. */
export async function statDataset(
  dataset: PlanDataset,
  registry: Registry,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const store = createStore(registry.storage(dataset.storage));
  return store.stat(dataset.key, signal === undefined ? {} : { signal });
}

/** The `DATASET_MISSING` of a dataset that was never written, or is gone. */
export function missingDataset(dataset: PlanDataset, registry: Registry, context: ErrorContext = {}): GlacierError {
  const { name, key, producer } = dataset;
  return new GlacierError("DATASET_MISSING", {
    message: `dataset "${name}" is not there (${registry.storage(dataset.storage).uri(key)})`,
    hint:
      producer === undefined
        ? "Put the file there, or correct the dataset's storage."
        : `Run task "${producer}", which makes it.`,
    context: { dataset: name, key, ...context },
  });
}

/** The `DATASET_CHANGED` of a dataset that is no longer what a run expects. */
export function changedDataset(dataset: string, how: string, context: ErrorContext = {}): GlacierError {
  return new GlacierError("DATASET_CHANGED", {
    message: `dataset "${dataset}" ${how}`,
    hint: "Run again; when two runs must go on at once, give each a tenant or storage of its own.",
    context: { dataset, ...context },
  });
}

interface Named {
  readonly name: string;
}

/** Each list is indexed once: every attempt looks into it, and pipelines can be large. */
const indexes = new WeakMap<readonly Named[], Map<string, Named>>();

function find<N extends Named>(list: readonly N[], name: string): N | undefined {
  let index = indexes.get(list);
  if (index === undefined) {
    index = new Map(list.map((one) => [one.name, one]));
    indexes.set(list, index);
  }
  return index.get(name) as N | undefined;
}

function unknown(code: ErrorCode, what: "dataset" | "task", list: readonly Named[], name: string): never {
  throw new GlacierError(code, {
    message: `there is no ${what} "${name}"`,
    hint: `The ${what}s are: ${list
      .map((one) => one.name)
      .sort()
      .join(", ")}.`,
    context: { [what]: name },
  });
}
