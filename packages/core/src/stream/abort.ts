/** `promise`, or a rejection with the signal's reason (or what is made of it) as soon as it fires. The promise itself goes on unobserved. */
export function raceAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  reason: (signal: AbortSignal) => unknown = (fired) => fired.reason,
): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(reason(signal));
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(reason(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Waits `ms`; rejects with the signal's reason when it fires first. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * The same stream, which fails with the signal's reason once it fires. That is looked at when an item comes: a pull that
 * hangs is for whoever answers it to end.
 */
export async function* untilAborted<T>(stream: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  signal?.throwIfAborted();
  for await (const item of stream) {
    signal?.throwIfAborted();
    yield item;
  }
}
