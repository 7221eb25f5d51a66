import { type Transferable, Worker } from "node:worker_threads";
import { describeThrown, deserializeError, GlacierError, isGlacierError } from "@glacier/core";
import type { PoolOptions } from "./pool.ts";
import { ABORT, type Batch, CALL, createOutbox, ERROR, MESSAGE, READY, RESULT, type Thrown } from "./protocol.ts";

/** A call on its way. */
export interface Pending {
  readonly payload: unknown;
  readonly transfer: readonly Transferable[] | undefined;
  /** Whether it may be aborted. */
  readonly abortable: boolean;
  readonly onMessage: ((message: never) => void) | undefined;
  resolve(value: never): void;
  reject(error: unknown): void;
  /** Set once the caller's signal fired: what the call then rejects with. */
  aborted?: { readonly reason: unknown };
}

/** One worker thread of a pool, with the calls it has. */
export interface Member {
  /** Calls in flight; infinite for a thread that is ending. */
  readonly load: number;
  start(call: Pending): void;
  /** Tells the worker that a call's signal fired; ends the worker when the call is still there after `graceMs`. */
  abort(call: Pending, graceMs: number): void;
  /** Ends the thread. Its calls reject with `error`. */
  terminate(error: GlacierError): Promise<void>;
}

/**
 * Starts a worker thread. It keeps the process alive only while it has calls. `onFree` is told when a call ended,
 * `onGone` once, when the thread has ended for whatever reason.
 */
export function createMember(options: PoolOptions, onFree: () => void, onGone: (member: Member) => void): Member {
  const setup = options.setup?.();
  const worker = new Worker(options.module, {
    ...(options.execArgv !== undefined && { execArgv: [...options.execArgv] }),
    ...(options.env !== undefined && { env: { ...options.env } }),
    ...(options.resourceLimits !== undefined && { resourceLimits: options.resourceLimits }),
    ...(setup !== undefined && { workerData: setup.data, transferList: [...(setup.transfer ?? [])] }),
  });
  worker.unref();
  const calls = new Map<number, Pending>();
  const ids = new Map<Pending, number>();
  const timers = new Map<number, NodeJS.Timeout>();
  let lastId = 0;
  let ready = false;
  let uncaught: { readonly error: unknown } | undefined;
  let failure: GlacierError | undefined;

  const outbox = createOutbox(
    (batch, transfer) => worker.postMessage(batch, transfer as Transferable[]),
    (_, id, error) => settle(id)?.reject(uncloneable(error)),
  );

  function settle(id: number): Pending | undefined {
    const call = calls.get(id);
    if (call === undefined) return undefined;
    calls.delete(id);
    ids.delete(call);
    clearTimeout(timers.get(id));
    timers.delete(id);
    if (calls.size === 0) worker.unref();
    onFree();
    return call;
  }

  worker.on("message", (batch: Batch) => {
    for (let at = 0; at < batch.length; at += 3) {
      const id = batch[at + 1] as number;
      const value = batch[at + 2];
      switch (batch[at]) {
        case RESULT: {
          const call = settle(id);
          if (call?.aborted !== undefined) call.reject(call.aborted.reason);
          else call?.resolve(value as never);
          break;
        }
        case ERROR: {
          const call = settle(id);
          call?.reject(call.aborted === undefined ? thrown(value as Thrown) : call.aborted.reason);
          break;
        }
        case MESSAGE:
          calls.get(id)?.onMessage?.(value as never);
          break;
        case READY:
          ready = true;
      }
    }
  });
  worker.on("error", (error: unknown) => {
    uncaught ??= { error };
  });
  worker.on("messageerror", (error) => {
    failure ??= crashed(error);
    worker.terminate();
  });
  const gone = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      // Only now is every message of the worker in, its READY too: errors come by another way and may overtake it.
      if (uncaught !== undefined)
        failure ??=
          ready || isOutOfMemory(uncaught.error)
            ? crashed(uncaught.error)
            : unloadable(options.module, describeThrown(uncaught.error), uncaught.error);
      failure ??= ready
        ? exited(code)
        : unloadable(options.module, `it ended with code ${code} and never called serve()`);
      onGone(member);
      for (const id of [...calls.keys()]) {
        const call = settle(id);
        call?.reject(call.aborted === undefined ? failure : call.aborted.reason);
      }
      setup?.dispose?.();
      resolve();
    });
  });

  const member: Member = {
    get load() {
      return failure === undefined && uncaught === undefined ? calls.size : Number.POSITIVE_INFINITY;
    },
    start(call) {
      const id = ++lastId;
      if (calls.size === 0) worker.ref();
      calls.set(id, call);
      ids.set(call, id);
      outbox.add(CALL, id, call.payload, call.transfer as ArrayBuffer[] | undefined);
    },
    abort(call, graceMs) {
      const id = ids.get(call);
      if (id === undefined) return;
      const reason = call.aborted?.reason;
      outbox.add(ABORT, id, isGlacierError(reason) ? reason.toJSON() : undefined);
      timers.set(
        id,
        setTimeout(() => {
          failure ??= killed();
          worker.terminate();
        }, graceMs),
      );
    },
    async terminate(error) {
      failure ??= error;
      worker.ref();
      await Promise.all([worker.terminate(), gone]);
    },
  };
  return member;
}

function thrown(value: Thrown): unknown {
  return "glacier" in value ? deserializeError(value.glacier) : value.other;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function crashed(error: unknown): GlacierError {
  if (isOutOfMemory(error)) {
    return new GlacierError("OUT_OF_MEMORY", {
      message: "a worker thread needed more memory than its limit",
      hint: "Raise the task's memory (MiB), or stream instead of collecting.",
      cause: error,
    });
  }
  return new GlacierError("TASK_CRASHED", {
    message: `a worker thread crashed: ${describeThrown(error)}`,
    hint: "An error was thrown outside the task's promise (in a timer or an event handler): catch it there.",
    cause: error,
  });
}

function exited(code: number): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `a worker thread exited with code ${code} before it answered`,
    hint: "Something called process.exit(): throw an error instead.",
    context: { exitCode: code },
  });
}

function killed(): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: "a worker thread was ended because another call in it didn't react to its cancellation",
    hint: "Let handlers watch ctx.signal, or run one call per worker.",
  });
}

function unloadable(module: URL, why: string, cause?: unknown): GlacierError {
  return new GlacierError("MODULE_INVALID", {
    message: `worker module ${module.href} failed to load: ${why}`,
    hint: "Run the module on its own to see the mistake.",
    cause,
  });
}

function uncloneable(error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: `a call's payload can't be sent to another thread: ${describeThrown(error)}`,
    hint: "Send plain data: no functions, no class instances with private state.",
    cause: error,
  });
}
