import { isGlacierError } from "@glacier/core";
import { sleep } from "@glacier/core/execute";
import { isThere, statusOf } from "./api-errors.ts";

/** Milliseconds before each further try: as long as an API server takes to start again. */
const pauses = [250, 500, 1000, 2000, 4000, 8000];
/** Statuses of what is over the next time: a webhook that checks tokens was away, a conflict, too many calls. */
const mayPass = [401, 409, 429];
/** Milliseconds after which there is no further one: calls may be given up for silence, too. */
const longest = 60_000;

/**
 * A call to the cluster, made again where the connection broke, and where the server is busy, has trouble or had a conflict. The call must do no
 * harm the second time. Errors: the client's own of the last try, the signal's reason.
 */
export async function insist<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const since = Date.now();
  for (const pause of pauses) {
    try {
      return await call();
    } catch (error) {
      if (isGlacierError(error) && !error.retryable) throw error;
      const status = statusOf(error);
      if (status !== undefined && status < 500 && !mayPass.includes(status)) throw error;
      if (isThere(error)) throw error;
      if (Date.now() - since > longest - pause) throw error;
    }
    await sleep(pause * (0.5 + Math.random() / 2), signal);
  }
  return call();
}
