const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const pending = new Set<() => Promise<void>>();
let ending: Promise<never> | undefined;

/**
 * Runs `clean` when a signal is about to end this process, until the function that it answers is called; once a signal came,
 * that one never settles, so that the process ends by the signal and not by what the cleaning made fail.
 * A program that handles the signal itself decides for itself: it cancels its run, which cleans up as well.
 */
export function cleanOnSignal(clean: () => Promise<void>): () => Promise<void> {
  // First of all listeners: one that is added by `once` is gone when those after it are called, and would not be counted.
  if (pending.size === 0) for (const signal of signals) process.prependListener(signal, onSignal);
  pending.add(clean);
  return async () => {
    await ending;
    pending.delete(clean);
    if (pending.size === 0) for (const signal of signals) process.off(signal, onSignal);
  };
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  ending ??= end(signal);
}

async function end(signal: NodeJS.Signals): Promise<never> {
  await Promise.allSettled([...pending].map((clean) => clean()));
  for (const each of signals) process.off(each, onSignal);
  process.kill(process.pid, signal);
  return new Promise(() => {});
}
