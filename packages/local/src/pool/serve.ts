import { isMainThread, parentPort } from "node:worker_threads";
import { describeThrown, deserializeError, GlacierError, isGlacierError, type SerializedError } from "@glacier/core";
import {
  ABORT,
  type Batch,
  CALL,
  createOutbox,
  ERROR,
  MESSAGE,
  READY,
  RESULT,
  type Thrown,
  type Transfer,
} from "./protocol.ts";

/** One call, as its worker sees it. */
export interface Call<Message = unknown> {
  /** Fires when the caller's signal does. A handler that doesn't react is ended with its thread after a grace time. */
  readonly signal: AbortSignal;
  /** Says something to the caller before the result; in order. */
  send(message: Message, transfer?: Transfer): void;
}

/** A result that moves buffers to the caller instead of copying them. */
export interface Transferred<Result> {
  readonly [transferred]: Transfer;
  readonly value: Result;
}

const transferred: unique symbol = Symbol("transferred");

/** Messages wait for the end of the tick, except one every so many milliseconds, which goes at once with those before it. */
const maxDelay = 10;

/**
 * Makes this worker thread answer the calls of a `createPool` whose `module` is this file. Call it once, at the end of
 * the module. What `handler` throws is what `pool.run` rejects with.
 */
export function serve<Payload, Result, Message = unknown>(
  handler: (
    payload: Payload,
    call: Call<Message>,
  ) => Promise<Result | Transferred<Result>> | Result | Transferred<Result>,
): void {
  if (isMainThread || parentPort === null) {
    throw new GlacierError("INTERNAL", {
      message: "serve() was called outside a worker thread",
      hint: "Start this module with createPool({ module }).",
    });
  }
  const port = parentPort;
  const running = new Map<number, LazyController>();
  let posted = 0;
  const outbox = createOutbox(
    (batch, transfer) => port.postMessage(batch, transfer as Transfer & never[]),
    (kind, id, error) => {
      const thrown: Thrown = { glacier: uncloneable(kind, error).toJSON() };
      if (kind !== MESSAGE) port.postMessage([ERROR, id, thrown]);
    },
  );

  async function run(id: number, payload: Payload): Promise<void> {
    const controller = new LazyController();
    running.set(id, controller);
    const call: Call<Message> = {
      get signal() {
        return controller.signal;
      },
      send(message, transfer) {
        outbox.add(MESSAGE, id, message, transfer);
        const now = performance.now();
        if (now - posted < maxDelay) return;
        // A handler that computes for long without a pause has no end of tick.
        outbox.flush();
        posted = now;
      },
    };
    try {
      const result = await handler(payload, call);
      if (isTransferred(result)) outbox.add(RESULT, id, result.value, result[transferred]);
      else outbox.add(RESULT, id, result);
    } catch (error) {
      outbox.add(ERROR, id, thrownValue(error));
    } finally {
      running.delete(id);
    }
  }

  port.on("message", (batch: Batch) => {
    for (let at = 0; at < batch.length; at += 3) {
      const id = batch[at + 1] as number;
      if (batch[at] === CALL) run(id, batch[at + 2] as Payload);
      else if (batch[at] === ABORT) running.get(id)?.abort(reasonOf(batch[at + 2] as SerializedError | undefined));
    }
  });
  port.postMessage([READY, 0, undefined]);
}

/** Returned by a handler: the result moves these buffers to the caller. */
export function transfer<Result>(value: Result, list: Transfer): Transferred<Result> {
  return { value, [transferred]: list };
}

/** An AbortController that is made only when somebody looks at its signal: it costs more than a small call. */
class LazyController {
  #controller: AbortController | undefined;
  #reason: GlacierError | undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: GlacierError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}

function isTransferred<Result>(value: Result | Transferred<Result>): value is Transferred<Result> {
  return typeof value === "object" && value !== null && transferred in value;
}

function thrownValue(error: unknown): Thrown {
  return isGlacierError(error) ? { glacier: error.toJSON() } : { other: error };
}

function reasonOf(json: SerializedError | undefined): GlacierError {
  if (json !== undefined) return deserializeError(json);
  return new GlacierError("CANCELLED", {
    message: "the call was cancelled",
    hint: "Whoever made the call fired its signal.",
  });
}

function uncloneable(kind: number, error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: `what a worker ${kind === ERROR ? "threw" : "returned"} can't be sent to another thread: ${describeThrown(error)}`,
    hint: "Return plain data: no functions, no class instances with private state.",
  });
}
