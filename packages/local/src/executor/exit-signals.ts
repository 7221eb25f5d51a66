const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const pending = new Set<() => Promise<void>>();

/**
 * Runs `clean` when a signal is about to end this process, until the function that it answers is called. A program that handles the
 * signal itself decides for itself: it cancels its run, which cleans up as well.
 */
export function cleanOnSignal(clean: () => Promise<void>): () => void {
  if (pending.size === 0) for (const signal of signals) process.on(signal, onSignal);
  pending.add(clean);
  return () => {
    pending.delete(clean);
    if (pending.size === 0) for (const signal of signals) process.off(signal, onSignal);
  };
}

async function onSignal(signal: NodeJS.Signals): Promise<void> {
  if (process.listenerCount(signal) > 1) return;
  await Promise.allSettled([...pending].map((clean) => clean()));
  pending.clear();
  for (const each of signals) process.off(each, onSignal);
  process.kill(process.pid, signal);
}
