/** Milliseconds after which whoever waits for a stop gives up, so that an executor that never stops it fails and doesn't hang. */
const patience = 30_000;

/** Waits until the signal fires. */
export function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = setTimeout(() => reject(new Error("nobody stopped this task")), patience);
    const stop = () => {
      clearTimeout(giveUp);
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** Waits for `ms`, whatever a signal says. */
export function pause(ms: number = patience): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
