import type { AnyDataset } from "../dataset/dataset.ts";
import { isSingle } from "../task/task.ts";
import type { AnyTask } from "../task/types.ts";

/** Who produces and who takes what, as inferred from the tasks' signatures. Also holds graphs that are not legal. */
export interface Graph {
  readonly tasks: readonly AnyTask[];
  /** By name, sorted. Of two different datasets with one name the first. */
  readonly datasets: ReadonlyMap<string, AnyDataset>;
  /** Producing tasks by dataset name. More than one is a mistake that {@link findMistakes} reports. */
  readonly producers: ReadonlyMap<string, readonly AnyTask[]>;
  /** Consuming tasks by dataset name. */
  readonly consumers: ReadonlyMap<string, readonly AnyTask[]>;
  /** Indices of the tasks that each task depends on. */
  readonly dependencies: readonly (readonly number[])[];
  /** Indices of the tasks that depend on each task. */
  readonly dependents: readonly (readonly number[])[];
  /** Indices in execution order, ties by name; without the tasks on or behind a cycle. */
  readonly order: readonly number[];
}

/** Infers the graph of these tasks, in time linear in its size (but for the sorting). */
export function buildGraph(tasks: readonly AnyTask[]): Graph {
  const datasets = new Map<string, AnyDataset>();
  const producers = new Map<string, AnyTask[]>();
  const consumers = new Map<string, AnyTask[]>();
  const producerIndex = new Map<string, number>();
  tasks.forEach((task, index) => {
    for (const dataset of writtenBy(task)) {
      remember(datasets, dataset);
      push(producers, dataset.name, task);
      if (!producerIndex.has(dataset.name)) producerIndex.set(dataset.name, index);
    }
    for (const dataset of new Set(Object.values(task.inputs))) {
      remember(datasets, dataset);
      push(consumers, dataset.name, task);
    }
  });
  const dependents: number[][] = tasks.map(() => []);
  const dependencies = tasks.map((task, index) => {
    const found = new Set<number>();
    for (const { name } of Object.values(task.inputs)) {
      const producer = producerIndex.get(name);
      if (producer !== undefined) found.add(producer);
    }
    for (const producer of found) dependents[producer]?.push(index);
    return [...found];
  });
  return {
    tasks,
    datasets: new Map([...datasets].sort(([a], [b]) => compare(a, b))),
    producers,
    consumers,
    dependencies,
    dependents,
    order: topologicalOrder(tasks, dependencies, dependents),
  };
}

/** Every dataset that a task writes: its outputs, then its quarantine. */
export function writtenBy(task: AnyTask): AnyDataset[] {
  const outputs: AnyDataset[] = isSingle(task.output) ? [task.output] : Object.values(task.output);
  return typeof task.onInvalid === "string" ? outputs : [...outputs, task.onInvalid];
}

/** Every task that `roots` depend on (or that depend on them), with the roots themselves. */
export function reach(roots: readonly number[], next: readonly (readonly number[])[]): Set<number> {
  const seen = new Set(roots);
  const open = [...roots];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const other of next[index] ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      open.push(other);
    }
  }
  return seen;
}

/** Plain code-unit order: the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Level by level, each level by name: stable whatever order the tasks were given in. */
function topologicalOrder(
  tasks: readonly AnyTask[],
  dependencies: readonly (readonly number[])[],
  dependents: readonly (readonly number[])[],
): number[] {
  const missing = dependencies.map((found) => found.length);
  const byName = (a: number, b: number) => compare(tasks[a]?.name ?? "", tasks[b]?.name ?? "");
  const order: number[] = [];
  let level = missing.flatMap((count, index) => (count === 0 ? [index] : []));
  while (level.length > 0) {
    level.sort(byName);
    const next: number[] = [];
    for (const index of level) {
      order.push(index);
      for (const dependent of dependents[index] ?? []) {
        const left = (missing[dependent] ?? 0) - 1;
        missing[dependent] = left;
        if (left === 0) next.push(dependent);
      }
    }
    level = next;
  }
  return order;
}

function remember(datasets: Map<string, AnyDataset>, dataset: AnyDataset): void {
  if (!datasets.has(dataset.name)) datasets.set(dataset.name, dataset);
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
