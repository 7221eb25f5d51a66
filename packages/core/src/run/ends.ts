import type { EventSink } from "./events.ts";
import type { TaskOutcome } from "./schedule.ts";

/** How far a run's tasks came; all lists go by the same index. */
export interface Ends {
  readonly runId: string;
  /** In execution order. */
  readonly tasks: readonly { readonly name: string }[];
  readonly dependencies: readonly (readonly number[])[];
  readonly emit: EventSink;
}

/** The outcomes of all tasks: says of every one that never started why. */
export function skipTheRest(
  { runId, tasks, dependencies, emit }: Ends,
  outcomes: readonly (TaskOutcome | undefined)[],
): TaskOutcome[] {
  const because = new Map<number, string>();
  return tasks.map(({ name }, index) => {
    const outcome = outcomes[index];
    if (outcome?.status === "failed") because.set(index, name);
    if (outcome !== undefined) return outcome;
    const upstream = (dependencies[index] ?? [])
      .map((before) => because.get(before))
      .find((failed) => failed !== undefined);
    if (upstream !== undefined) because.set(index, upstream);
    emit({
      type: "task.skipped",
      runId,
      time: Date.now(),
      task: name,
      ...(upstream === undefined ? { reason: "stopped" } : { reason: "upstream", because: upstream }),
    });
    return { status: "skipped", attempts: 0, startedAt: 0, durationMs: 0 };
  });
}

/** Indices of the chain of tasks that took longest, up to the last that succeeded. */
export function criticalPath(outcomes: readonly TaskOutcome[], dependencies: Ends["dependencies"]): number[] {
  const longest = new Float64Array(outcomes.length);
  const via = new Int32Array(outcomes.length).fill(-1);
  let end = -1;
  outcomes.forEach(({ status, durationMs }, index) => {
    if (status !== "succeeded" && status !== "committed") return;
    let before = 0;
    for (const other of dependencies[index] ?? []) {
      if ((longest[other] as number) < before) continue;
      before = longest[other] as number;
      via[index] = other;
    }
    longest[index] = before + durationMs;
    if (status === "succeeded" && (end === -1 || (longest[index] as number) > (longest[end] as number))) end = index;
  });
  const path: number[] = [];
  for (let index = end; index !== -1; index = via[index] as number) path.push(index);
  return path.reverse();
}
