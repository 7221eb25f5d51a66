const mark = Symbol.for("glacier.remote");

/** Whether this thread or process is one that an executor started for a task. */
export function isRemote(): boolean {
  return (globalThis as Record<symbol, unknown>)[mark] === true;
}

/** Says that this thread or process is one of those. `runRemote` does it too. */
export function markRemote(): void {
  (globalThis as Record<symbol, unknown>)[mark] = true;
}
