import { GlacierError } from "../errors/index.ts";
import { type Graph, reach } from "../graph/graph.ts";
import { findTask } from "../plan/lookup.ts";

/** Which tasks of a pipeline a run covers. All of them by default; several options narrow it together. */
export interface Selection {
  /** Just these tasks. */
  readonly only?: readonly string[] | undefined;
  /** These tasks and all that depend on them. */
  readonly from?: readonly string[] | undefined;
  /** These tasks and all that they depend on. */
  readonly until?: readonly string[] | undefined;
}

/** Indices of the selected tasks, in execution order. Errors: `TASK_UNKNOWN`, `OPTION_INVALID`. */
export function select(graph: Graph, { only, from, until }: Selection): number[] {
  const sets: ReadonlySet<number>[] = [];
  if (only !== undefined) sets.push(new Set(only.map((name) => indexOf(graph, name))));
  if (from !== undefined)
    sets.push(
      reach(
        from.map((name) => indexOf(graph, name)),
        graph.dependents,
      ),
    );
  if (until !== undefined)
    sets.push(
      reach(
        until.map((name) => indexOf(graph, name)),
        graph.dependencies,
      ),
    );
  const selected = graph.order.filter((index) => sets.every((set) => set.has(index)));
  if (selected.length > 0) return selected;
  throw new GlacierError("OPTION_INVALID", {
    message: "only, from and until together leave no task to run",
    hint: "Drop one of them, or name tasks that depend on each other.",
  });
}

/** The index of the task of that name. Errors: `TASK_UNKNOWN`. */
export function indexOf(graph: Graph, name: string): number {
  return graph.tasks.indexOf(findTask(graph.tasks, name));
}
