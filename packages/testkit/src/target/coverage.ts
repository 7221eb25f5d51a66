import { expect } from "vitest";
import { type Compiled, type CompiledForm, compile, type TargetSubject } from "./compile.ts";
import { type PipelineSpec, taskSpec } from "./pipelines.ts";
import { onRandomPipelines, typical } from "./random.ts";

export async function everyTaskInOrder(subject: TargetSubject): Promise<void> {
  checkOrder(await compile(subject, typical));
  await onRandomPipelines(subject, async (spec) => checkOrder(await compile(subject, spec)));
}

export async function bigPipeline(subject: TargetSubject): Promise<void> {
  const layer = 20;
  const spec: PipelineSpec = {
    name: "big",
    tasks: Array.from({ length: 300 }, (_, i) =>
      taskSpec(`task_${i}`, {
        inputs:
          i < layer
            ? []
            : [
                [i - layer, 0],
                [Math.floor(i / layer) * layer - 1 - (i % 7), 0],
              ],
        format: i % 3,
      }),
    ),
  };
  checkOrder(await compile(subject, spec));
}

function checkOrder({ plan, forms }: Compiled): void {
  for (const { form, view } of forms) {
    const planned = plan.tasks.map(({ name }) => name).sort();
    expect(Object.keys(view.tasks).sort(), `tasks of ${form}`).toEqual(planned);
    const before = predecessors(view.tasks, form);
    for (const { from, to, dataset } of plan.edges) {
      expect(before.get(to)?.has(from), `${form}: "${to}" waits for "${from}", which makes "${dataset}"`).toBe(true);
    }
  }
}

/** All tasks that end before each one starts. Fails for a name that is no task, and for a cycle. */
function predecessors(tasks: CompiledForm["view"]["tasks"], form: string): Map<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  const waiting = new Set(Object.keys(tasks));
  for (let left = -1; left !== waiting.size; ) {
    left = waiting.size;
    for (const name of waiting) {
      const after = tasks[name]?.after ?? [];
      for (const other of after) expect(Object.keys(tasks), `${form}: what "${name}" waits for`).toContain(other);
      if (!after.every((other) => found.has(other))) continue;
      found.set(name, new Set(after.flatMap((other) => [other, ...(found.get(other) ?? [])])));
      waiting.delete(name);
    }
  }
  expect([...waiting], `${form}: tasks that wait for themselves`).toEqual([]);
  return found;
}
