import type { Executor } from "./executor.ts";

/** Runs under way, by their executor. */
const runs = new WeakMap<Executor, number>();

/** Does a run's work on an executor; whichever run is the last to end there closes it, so that none closes it for another. */
export async function whileUnderWay<T>(executor: Executor, work: () => Promise<T>): Promise<T> {
  runs.set(executor, (runs.get(executor) ?? 0) + 1);
  try {
    return await work();
  } finally {
    const others = (runs.get(executor) as number) - 1;
    runs.set(executor, others);
    if (others === 0) await executor.close?.();
  }
}
