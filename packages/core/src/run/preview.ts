import type { Graph } from "../graph/graph.ts";
import type { Json } from "../json.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { Executor } from "./executor.ts";
import { prepareRun } from "./prepare.ts";
import { isCommitted } from "./resume.ts";
import type { RunOptions } from "./run.ts";

/** What a run would do. */
export interface RunPreview {
  readonly runId: string;
  /** Covered tasks, in execution order. */
  readonly tasks: readonly { readonly task: string; readonly action: "run" | "skip"; readonly reason: string }[];
}

/** Everything that `run` does before its first task, and nothing else. */
export async function preview(
  pipeline: AnyPipeline,
  graph: Graph,
  executor: Executor,
  params: Json | undefined,
  options: RunOptions,
): Promise<RunPreview> {
  const { plan, registry, runId, resumed, tasks, dependencies, sources } = await prepareRun(
    pipeline,
    graph,
    executor,
    params,
    options,
  );
  const again = new Set<number>();
  const lines: RunPreview["tasks"][number][] = [];
  for (const [index, task] of tasks.entries()) {
    const before = (dependencies[index] ?? []).find((other) => again.has(other));
    const committed = resumed && before === undefined && (await isCommitted(plan, task, runId, sources, registry));
    if (!committed) again.add(index);
    const reason = committed
      ? `committed by run ${runId}`
      : !resumed
        ? "a new run"
        : before === undefined
          ? `not committed by run ${runId}, or its data has changed`
          : `"${tasks[before]?.name}" runs again`;
    lines.push({ task: task.name, action: committed ? "skip" : "run", reason });
  }
  await registry.close();
  return { runId, tasks: lines };
}
