const mark = Symbol.for("glacier.remote");

/** Whether this thread or process is one that an executor started for a task. */
export function isRemote(): boolean {
  return (globalThis as Record<symbol, unknown>)[mark] === true;
}

/**
 * Says that this thread or process is one of those, or no longer: for a host that loads a pipeline's module first and then runs
 * it. `runRemote` says so too.
 */
export function markRemote(remote: boolean = true): void {
  (globalThis as Record<symbol, unknown>)[mark] = remote;
}
