import type { SerializedError } from "@glacier/core";

/**
 * What travels between a pool and its workers: flat arrays of (kind, id, value) triples, many in one message, because a
 * `postMessage` costs far more than what is in it. Ids number the calls of one worker.
 */
export type Batch = unknown[];

/** Pool to worker: run a call (value: its payload). */
export const CALL = 0;
/** Pool to worker: a call's signal fired (value: its reason as a `SerializedError`, or nothing). */
export const ABORT = 1;
/** Worker to pool: a call's result. */
export const RESULT = 2;
/** Worker to pool: a call threw (value: {@link Thrown}). */
export const ERROR = 3;
/** Worker to pool: a call said something (value: the message). */
export const MESSAGE = 4;
/** Worker to pool: the module has loaded; id and value mean nothing. */
export const READY = 5;

/** What a call threw: a `GlacierError` in its JSON form, anything else as a structured clone. */
export type Thrown = { readonly glacier: SerializedError } | { readonly other: unknown };

/** Buffers and ports that move with a message instead of being copied. */
export type Transfer = readonly (ArrayBuffer | MessagePort)[];

/** A port's or a worker's `postMessage`, as an outbox needs it. */
export type Post = (batch: Batch, transfer: Transfer) => void;

/** Collects what is said in one tick and posts it as one message. */
export interface Outbox {
  /** `transfer` moves with the value. Never throws. */
  add(kind: number, id: number, value: unknown, transfer?: Transfer): void;
  flush(): void;
}

/**
 * An outbox over `post`. When a batch can't be cloned, its parts go one by one, and `refused` hears of those that can't.
 */
export function createOutbox(post: Post, refused: (kind: number, id: number, error: unknown) => void): Outbox {
  let batch: Batch = [];
  let transfers: { at: number; list: Transfer }[] = [];
  let planned = false;

  function flush(): void {
    planned = false;
    if (batch.length === 0) return;
    const sent = batch;
    const lists = transfers;
    batch = [];
    transfers = [];
    try {
      post(sent, lists.length === 0 ? none : lists.flatMap(({ list }) => list));
    } catch (error) {
      if (sent.length === 3) refused(sent[0] as number, sent[1] as number, error);
      else oneByOne(sent, lists);
    }
  }

  function oneByOne(sent: Batch, lists: { at: number; list: Transfer }[]): void {
    for (let at = 0; at < sent.length; at += 3) {
      try {
        post(sent.slice(at, at + 3), lists.find((entry) => entry.at === at)?.list ?? none);
      } catch (error) {
        refused(sent[at] as number, sent[at + 1] as number, error);
      }
    }
  }

  return {
    add(kind, id, value, transfer) {
      if (transfer !== undefined && transfer.length > 0) transfers.push({ at: batch.length, list: transfer });
      batch.push(kind, id, value);
      if (planned) return;
      planned = true;
      queueMicrotask(flush);
    },
    flush,
  };
}

const none: Transfer = [];
