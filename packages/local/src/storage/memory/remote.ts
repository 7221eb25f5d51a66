import {
  describeThrown,
  deserializeError,
  GlacierError,
  isGlacierError,
  type MemoryResource,
  type ObjectInfo,
  type SerializedError,
  type StorageAdapter,
  type StorageFactory,
} from "@glacier/core";
import { memoryAdapter, objectsBehind } from "./adapter.ts";
import type { MemoryChannel } from "./channel.ts";
import type { Held, Objects, Pieces, PutOptions } from "./objects.ts";

type Call =
  | { readonly method: "get" | "delete"; readonly key: string }
  | { readonly method: "put"; readonly key: string; readonly pieces: Packed; readonly options: PutOptions }
  | { readonly method: "page"; readonly args: Parameters<Objects["page"]> };
/** Shared memory as it is between threads; plain copies between processes. */
type Packed = readonly (SharedArrayBuffer | Uint8Array)[];
type Request = { readonly id: number; readonly resource: MemoryResource; readonly call: Call };
type Reply = { readonly id: number; readonly value?: unknown; readonly error?: SerializedError };

/**
 * Lets the other end of a channel use this thread's memory adapters; `adapterOf` says which (a registry's `storage`, say).
 * Between threads no byte is copied on the way: references to shared memory travel.
 */
export function serveMemory(channel: MemoryChannel, adapterOf: (resource: MemoryResource) => StorageAdapter): void {
  channel.onMessage(async (message) => {
    const { id, resource, call } = message as Request;
    let reply: Reply;
    try {
      const objects = objectsBehind(adapterOf(resource));
      if (objects === undefined) throw notMemory(resource);
      reply = { id, value: await answer(objects, call, channel.shared) };
    } catch (error) {
      reply = { id, error: (isGlacierError(error) ? error : failed(error)).toJSON() };
    }
    channel.post(reply);
  });
}

/**
 * Makes adapters of the memory at the other end of a channel, where {@link serveMemory} runs. Only whole objects travel,
 * so a body that throws or an abort publishes nothing there either. Errors also: `UNAVAILABLE` when the other end is gone.
 */
export function remoteMemory(channel: MemoryChannel): StorageFactory<MemoryResource> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let closed = false;
  let lastId = 0;
  channel.onMessage((message) => {
    const { id, value, error } = message as Reply;
    const call = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) channel.hold(false);
    if (error === undefined) call?.resolve(value);
    else call?.reject(deserializeError(error));
  });
  channel.onClose(() => {
    closed = true;
    for (const { reject } of waiting.values()) reject(gone());
    waiting.clear();
  });

  return (resource) => {
    function ask(call: Call): Promise<unknown> {
      if (closed) return Promise.reject(gone());
      return new Promise((resolve, reject) => {
        if (waiting.size === 0) channel.hold(true);
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        channel.post({ id, resource, call } satisfies Request);
      });
    }
    const objects: Objects = {
      async get(key) {
        const { info, pieces } = (await ask({ method: "get", key })) as { info: ObjectInfo; pieces: Packed };
        return { info, pieces: unpack(pieces) };
      },
      put: (key, pieces, options) =>
        ask({ method: "put", key, pieces: pack(pieces, channel.shared), options }) as Promise<ObjectInfo>,
      page: (...args) => ask({ method: "page", args }) as Promise<ObjectInfo[]>,
      delete: (key) => ask({ method: "delete", key }) as Promise<void>,
    };
    return memoryAdapter(objects, resource);
  };
}

async function answer(objects: Objects, call: Call, shared: boolean): Promise<unknown> {
  switch (call.method) {
    case "get": {
      const { info, pieces }: Held = await objects.get(call.key);
      return { info, pieces: pack(pieces, shared) };
    }
    case "put":
      return objects.put(call.key, unpack(call.pieces), call.options);
    case "page":
      return objects.page(...call.args);
    case "delete":
      return objects.delete(call.key);
  }
}

function pack(pieces: Pieces, shared: boolean): Packed {
  return shared ? pieces : pieces.map((piece) => Uint8Array.from(new Uint8Array(piece)));
}

function unpack(pieces: Packed): Pieces {
  return pieces.map((piece) => {
    if (piece instanceof SharedArrayBuffer) return piece;
    const copy = new SharedArrayBuffer(piece.length);
    new Uint8Array(copy).set(piece);
    return copy;
  });
}

function notMemory({ name }: MemoryResource): GlacierError {
  return new GlacierError("UNSUPPORTED", {
    message: `the memory storage ${name === undefined ? "" : `"${name}" `}belongs to another provider than @glacier/local`,
    hint: "Run the task in process, or use the memory storage of @glacier/local.",
  });
}

function failed(error: unknown): GlacierError {
  return new GlacierError("STORAGE_FAILED", {
    message: `the thread that holds the memory storage failed: ${describeThrown(error)}`,
    hint: "This is a defect; please report it.",
    cause: error,
  });
}

function gone(): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: "the thread that holds the memory storage is gone",
    hint: "The run has ended, or was killed: run it again.",
    retryable: false,
  });
}
