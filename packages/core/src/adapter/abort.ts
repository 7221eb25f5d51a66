import { GlacierError, isGlacierError } from "../errors/index.ts";
import { raceAbort } from "../stream/abort.ts";

/** The error for a fired signal: its own reason where that is a `GlacierError` (a timeout, say), else `CANCELLED`. */
export function abortError(signal: AbortSignal): GlacierError {
  if (isGlacierError(signal.reason)) return signal.reason;
  return new GlacierError("CANCELLED", {
    message: "the storage call was cancelled",
    hint: "Whoever passed the signal fired it; nothing was published.",
    cause: signal.reason,
  });
}

/** Throws {@link abortError} when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/** What `promise` gives, or {@link abortError} as soon as the signal fires; the promise then goes on unobserved. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal === undefined ? promise : raceAbort(promise, signal, abortError);
}

/**
 * The chunks of `body`, pulled one at a time. An abort ends the wait at once, also when `body` never answers;
 * `body` is then told to return, and not waited for. Its own errors pass through as they are.
 */
export async function* pull(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) return yield* body;
  const source = body[Symbol.asyncIterator]();
  let interrupt: ((error: GlacierError) => void) | undefined;
  const onAbort = (): void => interrupt?.(abortError(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const step = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        interrupt = reject;
        source.next().then(resolve, (error) => {
          ended = true;
          reject(error);
        });
      });
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a generator that hangs in its own await never answers `return` either.
    if (!ended) source.return?.().catch(() => {});
  }
}

/** Ends a body that nobody will read, so that what it holds is released. */
export function discard(body: AsyncIterable<Uint8Array>): void {
  body[Symbol.asyncIterator]()
    .return?.()
    .catch(() => {});
}
