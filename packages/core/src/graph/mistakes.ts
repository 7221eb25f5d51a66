import type { AnyDataset } from "../dataset/dataset.ts";
import { type ErrorContext, GlacierError } from "../errors/index.ts";
import { type Graph, writtenBy } from "./graph.ts";

/**
 * Every structural mistake of a pipeline at once, each with its fix; empty for a sound one.
 * `bound` names datasets whose storage comes from elsewhere (a run's bindings).
 */
export function findMistakes(pipeline: string, graph: Graph, bound: ReadonlySet<string> = new Set()): GlacierError[] {
  const mistakes: GlacierError[] = [];
  const report = (message: string, hint: string, context: ErrorContext = {}) => {
    mistakes.push(new GlacierError("PIPELINE_INVALID", { message, hint, context: { pipeline, ...context } }));
  };

  if (graph.tasks.length === 0) report(`pipeline "${pipeline}" has no tasks`, "Pass at least one task.");

  const seen = new Set<string>();
  for (const task of graph.tasks) {
    if (seen.has(task.name))
      report(`two tasks are named "${task.name}"`, "Rename one of them, or list the task once.", { task: task.name });
    seen.add(task.name);
  }

  for (const name of differentDatasets(graph)) {
    report(`two different datasets are named "${name}"`, "Rename one of them, or share one Dataset object.", {
      dataset: name,
    });
  }

  for (const [name, producers] of graph.producers) {
    if (producers.length < 2) continue;
    const names = producers.map((task) => `"${task.name}"`).join(" and ");
    report(
      `dataset "${name}" has ${producers.length} producers: ${names}`,
      "Give each task an output of its own, and a task that merges them.",
      { dataset: name },
    );
  }

  for (const [name, dataset] of graph.datasets) {
    if (graph.producers.has(name) || dataset.storage !== undefined || bound.has(name)) continue;
    const takers = (graph.consumers.get(name) ?? []).map((task) => `"${task.name}"`).join(", ");
    report(
      `dataset "${name}", which ${takers} takes, is produced by no task and has no storage`,
      `Add the task that outputs it, or say where it is: new Dataset("${name}", { storage: storage.localFs({ basePath: … }) }).`,
      { dataset: name },
    );
  }

  for (const task of graph.tasks) {
    if (task.compute === undefined || task.compute.kind === "local") continue;
    for (const dataset of [...Object.values(task.inputs), ...writtenBy(task)]) {
      if (dataset.storage?.kind !== "memory" || bound.has(dataset.name)) continue;
      report(
        `task "${task.name}" runs as ${task.compute.kind}, which can't reach dataset "${dataset.name}" in this process's memory`,
        "Give the dataset another storage, or the task compute.local().",
        { task: task.name, dataset: dataset.name },
      );
    }
  }

  const cycle = findCycle(graph);
  if (cycle !== undefined) {
    report(
      `the tasks form a cycle: ${cycle.path}`,
      "Break it: let one of these tasks output a new dataset instead of one that an earlier task takes.",
      {
        task: cycle.task,
      },
    );
  }
  return mistakes;
}

/** The mistakes as one `PIPELINE_INVALID`. */
export function invalidPipeline(pipeline: string, mistakes: readonly GlacierError[]): GlacierError {
  const [only] = mistakes;
  return new GlacierError("PIPELINE_INVALID", {
    message:
      mistakes.length === 1 && only !== undefined
        ? `pipeline "${pipeline}": ${only.message}`
        : `pipeline "${pipeline}" has ${mistakes.length} mistakes:\n${mistakes.map((mistake) => `- ${mistake.message}`).join("\n")}`,
    hint:
      mistakes.length === 1 && only !== undefined ? only.hint : "Each entry of `issues` says how to mend one of them.",
    context: { pipeline },
    issues: mistakes,
  });
}

function differentDatasets(graph: Graph): Set<string> {
  const found = new Set<string>();
  const check = (dataset: AnyDataset) => {
    if (graph.datasets.get(dataset.name) !== dataset) found.add(dataset.name);
  };
  for (const task of graph.tasks) {
    Object.values(task.inputs).forEach(check);
    writtenBy(task).forEach(check);
  }
  return found;
}

/** One cycle, as `a -[x]-> b -[y]-> a`. Walks without recursion: a chain of 100,000 tasks is legal. */
function findCycle(graph: Graph): { path: string; task: string } | undefined {
  const ordered = new Set(graph.order);
  if (ordered.size === graph.tasks.length) return undefined;
  // Every task that is left has a dependency that is left too: walking upstream must come round.
  let current = graph.tasks.findIndex((_, index) => !ordered.has(index));
  const trail: number[] = [];
  const position = new Map<number, number>();
  while (!position.has(current)) {
    position.set(current, trail.length);
    trail.push(current);
    current = graph.dependencies[current]?.find((index) => !ordered.has(index)) ?? current;
  }
  const cycle = trail.slice(position.get(current)).reverse();
  const start = cycle.reduce(
    (best, index, i) => (nameOf(graph, index) < nameOf(graph, cycle[best] as number) ? i : best),
    0,
  );
  const rotated = [...cycle.slice(start), ...cycle.slice(0, start)];
  const steps = rotated.map((from, i) => {
    const to = rotated[(i + 1) % rotated.length] as number;
    return `${nameOf(graph, from)} -[${datasetBetween(graph, from, to)}]-> `;
  });
  return { path: steps.join("") + nameOf(graph, rotated[0] as number), task: nameOf(graph, rotated[0] as number) };
}

function datasetBetween(graph: Graph, from: number, to: number): string {
  const source = graph.tasks[from];
  const target = graph.tasks[to];
  if (source === undefined || target === undefined) return "";
  const taken = new Set(Object.values(target.inputs).map((dataset) => dataset.name));
  return writtenBy(source).find((dataset) => taken.has(dataset.name))?.name ?? "";
}

function nameOf(graph: Graph, index: number): string {
  return graph.tasks[index]?.name ?? "";
}
