import type { MemoryResource, ObjectInfo, StorageAdapter, StorageFactory } from "@glacier/core";
import { changed, discard, pull, resolveRange, throwIfAborted } from "@glacier/core/adapter";
import { keySegments } from "../local-fs/key.ts";
import { type Objects, objectsOf, type Pieces } from "./objects.ts";

/** Bytes of the largest chunk that is read, 1 MiB. */
const chunkSize = 1024 * 1024;

/** Smaller chunks than this are gathered into one piece. Bytes. */
const gather = 64 * 1024;

/** Entries of a listing asked for at once. */
const pageSize = 1000;

const adapters = new WeakMap<StorageAdapter, Objects>();

/**
 * Objects in this process's memory, gone with it. Resources with the same `name` share them; one without a name has its
 * own. Chunks are copied on the way in and on the way out, so a caller may do with its buffers what it likes.
 * Another thread reaches them by `serveMemory` here and `remoteMemory` there.
 */
export const memory: StorageFactory<MemoryResource> = (resource) => memoryAdapter(objectsOf(resource), resource);

/** The objects behind a memory adapter of this thread, or undefined for any other adapter. */
export function objectsBehind(adapter: StorageAdapter): Objects | undefined {
  return adapters.get(adapter);
}

/** A memory adapter over objects of this or another thread. */
export function memoryAdapter(objects: Objects, resource: MemoryResource): StorageAdapter {
  const adapter: StorageAdapter = {
    async read(key, options) {
      throwIfAborted(options?.signal);
      const { info, pieces } = await objects.get(checked(key));
      throwIfAborted(options?.signal);
      if (options?.ifMatch !== undefined && options.ifMatch !== info.etag) throw changed(key);
      const { start, end } = resolveRange(options?.range, info.size);
      return { info, body: chunks(pieces, start, end, options?.signal) };
    },
    async write(key, body, options) {
      const { signal, ...put } = options ?? {};
      try {
        throwIfAborted(signal);
        checked(key);
      } catch (error) {
        discard(body);
        throw error;
      }
      const pieces = await collect(body, signal);
      throwIfAborted(signal);
      return objects.put(key, pieces, put);
    },
    async stat(key, options) {
      throwIfAborted(options?.signal);
      return (await objects.get(checked(key))).info;
    },
    async *list(prefix, options) {
      for (let after: string | undefined; ; ) {
        throwIfAborted(options?.signal);
        const page: ObjectInfo[] = await objects.page(prefix, after, pageSize, options?.delimiter);
        for (const info of page) {
          throwIfAborted(options?.signal);
          yield info;
        }
        if (page.length < pageSize) return;
        after = page.at(-1)?.key;
      }
    },
    async delete(key, options) {
      throwIfAborted(options?.signal);
      await objects.delete(checked(key));
    },
    async copy(from, to, options) {
      const { signal, ...put } = options ?? {};
      throwIfAborted(signal);
      const { pieces } = await objects.get(checked(from));
      throwIfAborted(signal);
      return objects.put(checked(to), pieces, put);
    },
    async deleteMany(keys, options) {
      const failed: { key: string; error: Error }[] = [];
      for (const key of keys) {
        throwIfAborted(options?.signal);
        await adapter.delete(key, options).catch((error: Error) => failed.push({ key, error }));
      }
      return failed;
    },
    uri: (key) =>
      `memory://${encodeURIComponent(resource.name ?? "")}/${checked(key).split("/").map(encodeURIComponent).join("/")}`,
  };
  adapters.set(adapter, objects);
  return adapter;
}

/** Copies the bytes that are asked for, a chunk at a time. */
async function* chunks(
  pieces: Pieces,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const piece of pieces) {
    const last = Math.min(end - offset, piece.byteLength);
    for (let at = Math.max(start - offset, 0); at < last; at += chunkSize) {
      throwIfAborted(signal);
      yield Uint8Array.from(new Uint8Array(piece, at, Math.min(chunkSize, last - at)));
    }
    offset += piece.byteLength;
  }
}

/** Copies a body into shared memory. */
async function collect(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Pieces> {
  const pieces: SharedArrayBuffer[] = [];
  let gathered = new Uint8Array(0);
  let filled = 0;
  const keep = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    const piece = new SharedArrayBuffer(bytes.length);
    new Uint8Array(piece).set(bytes);
    pieces.push(piece);
  };
  const flush = (): void => {
    keep(gathered.subarray(0, filled));
    filled = 0;
  };
  for await (const chunk of pull(body, signal)) {
    if (filled + chunk.length > gather) flush();
    if (chunk.length >= gather) keep(chunk);
    else {
      if (filled + chunk.length > gathered.length) gathered = grown(gathered, filled + chunk.length);
      gathered.set(chunk, filled);
      filled += chunk.length;
    }
  }
  flush();
  return pieces;
}

function grown(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(1024, needed, Math.min(gather, bytes.length * 4)));
  larger.set(bytes);
  return larger;
}

function checked(key: string): string {
  keySegments(key, "linux"); // the same walls on every system
  return key;
}
