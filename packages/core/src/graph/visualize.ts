import type { AnyTask } from "../task/types.ts";
import { compare, type Graph, writtenBy } from "./graph.ts";

/** How {@link visualize} draws. */
export type GraphFormat = "text" | "mermaid" | "dot";

/** The graph as text for people, or as Mermaid or Graphviz source. Tasks are boxes, datasets are cylinders. */
export function visualize(name: string, graph: Graph, format: GraphFormat): string {
  return drawers[format](name, graph);
}

const drawers: Record<GraphFormat, (name: string, graph: Graph) => string> = { text, mermaid, dot };

function text(name: string, graph: Graph): string {
  const lines = [`${name}: ${graph.tasks.length} tasks, ${graph.datasets.size} datasets`];
  const ordered = inOrder(graph);
  const width = Math.max(...ordered.map((task) => task.name.length), 0);
  for (const task of ordered) {
    const inputs = [...new Set(Object.values(task.inputs).map((dataset) => dataset.name))];
    const outputs = writtenBy(task).map((dataset) => dataset.name);
    const compute = task.compute === undefined ? "" : `  [${task.compute.kind}]`;
    lines.push(`  ${task.name.padEnd(width)}  ${inputs.join(", ") || "(no input)"} -> ${outputs.join(", ")}${compute}`);
  }
  return `${lines.join("\n")}\n`;
}

function mermaid(_name: string, graph: Graph): string {
  const lines = ["flowchart LR"];
  for (const dataset of graph.datasets.keys()) lines.push(`  d_${mermaidId(dataset)}[("${dataset}")]`);
  for (const task of inOrder(graph)) lines.push(`  t_${mermaidId(task.name)}["${task.name}"]`);
  for (const [from, to] of arrows(
    graph,
    (dataset) => `d_${mermaidId(dataset)}`,
    (task) => `t_${mermaidId(task)}`,
  ))
    lines.push(`  ${from} --> ${to}`);
  return `${lines.join("\n")}\n`;
}

function dot(name: string, graph: Graph): string {
  const lines = [`digraph "${name}" {`, "  rankdir=LR;"];
  for (const dataset of graph.datasets.keys())
    lines.push(`  "dataset ${dataset}" [shape=cylinder, label="${dataset}"];`);
  for (const task of inOrder(graph)) lines.push(`  "task ${task.name}" [shape=box, label="${task.name}"];`);
  for (const [from, to] of arrows(
    graph,
    (dataset) => `"dataset ${dataset}"`,
    (task) => `"task ${task}"`,
  ))
    lines.push(`  ${from} -> ${to};`);
  return `${lines.join("\n")}\n}\n`;
}

function arrows(graph: Graph, dataset: (name: string) => string, task: (name: string) => string): [string, string][] {
  return inOrder(graph).flatMap((one) => {
    const inputs = [...new Set(Object.values(one.inputs).map(({ name }) => name))].sort(compare);
    const outputs = writtenBy(one).map(({ name }) => name);
    return [
      ...inputs.map((name): [string, string] => [dataset(name), task(one.name)]),
      ...outputs.map((name): [string, string] => [task(one.name), dataset(name)]),
    ];
  });
}

/** Execution order; tasks on a cycle come last, by name, so that a broken graph can be looked at too. */
function inOrder(graph: Graph): AnyTask[] {
  const ordered = new Set(graph.order);
  const rest = graph.tasks.filter((_, index) => !ordered.has(index)).sort((a, b) => compare(a.name, b.name));
  return [...graph.order.flatMap((index) => graph.tasks[index] ?? []), ...rest];
}

/** Names may hold "-", which Mermaid's ids may not; "_" doubles so that no two names meet. */
function mermaidId(name: string): string {
  return name.replace(/_/g, "__").replace(/-/g, "_m");
}
