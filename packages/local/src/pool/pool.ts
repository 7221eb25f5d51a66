import type { ResourceLimits, Transferable } from "node:worker_threads";
import { describeThrown, GlacierError } from "@glacier/core";
import { createMember, type Member, type Pending } from "./member.ts";

/** Options of {@link createPool}. */
export interface PoolOptions {
  /** What each worker runs; it calls `serve` at its end. */
  readonly module: URL;
  /** Threads at most; they start when needed. */
  readonly size: number;
  /** Calls that a worker has at once. 1 unless told: a call that computes for long then holds up no other. */
  readonly concurrencyPerWorker?: number;
  readonly execArgv?: readonly string[];
  /** The workers' whole environment; the process's own unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A worker that needs more rejects its calls with `OUT_OF_MEMORY`. */
  readonly resourceLimits?: ResourceLimits;
  /** What a worker that ignores an abort is given before its thread is ended. Milliseconds, 1,000 unless told. */
  readonly abortGraceMs?: number;
  /** Called for each new worker: its `workerData`, what of it moves there, and what to release when the worker is gone. */
  readonly setup?: () => {
    readonly data?: unknown;
    readonly transfer?: readonly Transferable[];
    readonly dispose?: () => void;
  };
}

/** Options of one call. */
export interface RunOptions<Message> {
  /** Buffers and ports that move with the payload instead of being copied. */
  readonly transfer?: readonly Transferable[];
  /** Cancels the call: the worker's own signal fires. The call rejects with `signal.reason` once the worker let go of it. */
  readonly signal?: AbortSignal;
  /** What the worker says before its result. */
  readonly onMessage?: (message: Message) => void;
}

/**
 * Worker threads for Glacier's own tasks. Calls and answers of one tick share a message, which makes small calls in bulk
 * several times cheaper than with piscina (bench/src/pool.ts); that is why `@glacier/local` doesn't depend on it.
 */
export interface Pool<Payload, Result, Message = unknown> {
  /**
   * Runs one call; rejects with what the handler threw.
   * Errors: `TASK_CRASHED` (the thread ended first; `context.exitCode`), `OUT_OF_MEMORY`, `MODULE_INVALID` (the worker's
   * module doesn't load), `OPTION_INVALID` (the thread can't be started), `CANCELLED` (the pool is closed), `INTERNAL` (the payload or the result can't be cloned).
   */
  run(payload: Payload, options?: RunOptions<Message>): Promise<Result>;
  /** Ends every thread; calls that aren't done reject with `CANCELLED`. */
  close(): Promise<void>;
}

/** A pool of worker threads. It keeps the process alive only while it has calls. */
export function createPool<Payload, Result, Message = unknown>(options: PoolOptions): Pool<Payload, Result, Message> {
  const { size, concurrencyPerWorker = 1, abortGraceMs = 1000 } = options;
  const members = new Set<Member>();
  const homes = new Map<Pending, Member>();
  let queue: Pending[] = [];
  let head = 0;
  let planned = false;
  let closed: Promise<unknown> | undefined;

  /** Once a tick, so that calls of one tick meet in one message. */
  function plan(): void {
    if (planned || head === queue.length) return;
    planned = true;
    queueMicrotask(dispatch);
  }

  function dispatch(): void {
    planned = false;
    while (head < queue.length) {
      const call = queue[head] as Pending;
      if (call.aborted !== undefined) {
        head++;
        continue;
      }
      let member: Member | undefined;
      try {
        member = freest();
        if (member === undefined) break;
      } catch (error) {
        head++;
        call.reject(unstartable(error));
        continue;
      }
      head++;
      if (call.abortable) homes.set(call, member);
      member.start(call);
    }
    if (head === queue.length) {
      queue = [];
      head = 0;
    } else if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
  }

  function freest(): Member | undefined {
    let best: Member | undefined;
    for (const member of members) {
      if (member.load === 0) return member;
      if (member.load < (best?.load ?? concurrencyPerWorker)) best = member;
    }
    if (members.size >= size) return best;
    const member = createMember(options, plan, (gone) => {
      members.delete(gone);
      plan();
    });
    members.add(member);
    return member;
  }

  return {
    run(payload, call = {}) {
      const { transfer, signal, onMessage } = call;
      if (closed !== undefined) return Promise.reject(poolClosed());
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        if (signal === undefined) {
          queue.push({ payload, transfer, onMessage, resolve, reject, abortable: false });
          return plan();
        }
        const pending: Pending = {
          payload,
          transfer,
          onMessage,
          abortable: true,
          resolve: done(resolve),
          reject: done(reject),
        };
        const onAbort = (): void => {
          pending.aborted = { reason: signal.reason };
          const member = homes.get(pending);
          if (member === undefined) pending.reject(signal.reason);
          else member.abort(pending, abortGraceMs);
        };
        function done<T>(settle: (value: T) => void): (value: T) => void {
          return (value) => {
            signal?.removeEventListener("abort", onAbort);
            homes.delete(pending);
            settle(value);
          };
        }
        signal.addEventListener("abort", onAbort, { once: true });
        queue.push(pending);
        plan();
      });
    },
    async close() {
      closed ??= Promise.all([...members].map((member) => member.terminate(poolClosed())));
      for (const call of queue.splice(head)) call.reject(call.aborted?.reason ?? poolClosed());
      head = 0;
      queue = [];
      await closed;
    },
  };
}

function unstartable(error: unknown): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `can't start a worker thread: ${describeThrown(error)}`,
    hint: "Check execArgv, env and resourceLimits: not every flag of node may be given to a thread.",
    cause: error,
  });
}

function poolClosed(): GlacierError {
  return new GlacierError("CANCELLED", {
    message: "the worker pool is closed",
    hint: "The run is over, or was cancelled.",
  });
}
