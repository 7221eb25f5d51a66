import type { ListOptions, MemoryResource, ObjectInfo, WriteOptions } from "@glacier/core";
import { checkConditions, compareUtf8, notFound } from "@glacier/core/adapter";

/** An object's bytes, one piece behind another. Written once, then only read: threads share them. */
export type Pieces = readonly SharedArrayBuffer[];

/** An object with its bytes. */
export interface Held {
  readonly info: ObjectInfo;
  readonly pieces: Pieces;
}

/** What a memory adapter needs of the place where the objects are: this thread's own map, or another thread's. */
export interface Objects {
  /** Errors: `NOT_FOUND`. */
  get(key: string): Promise<Held>;
  /** Errors: `PRECONDITION_FAILED`. */
  put(key: string, pieces: Pieces, options: PutOptions): Promise<ObjectInfo>;
  /** At most `limit` entries of a listing, behind `after`. */
  page(
    prefix: string,
    after: string | undefined,
    limit: number,
    delimiter: ListOptions["delimiter"],
  ): Promise<ObjectInfo[]>;
  delete(key: string): Promise<void>;
}

/** A write's options, without what can't travel between threads. */
export type PutOptions = Omit<WriteOptions, "signal">;

/** Named resources' objects: this *is* the process's memory. */
const named = new Map<string, Objects>();
let made = 0;

/** The objects of a resource; a new, private map for one without a name. */
export function objectsOf({ name }: MemoryResource): Objects {
  if (name === undefined) return createObjects();
  const found = named.get(name) ?? createObjects();
  named.set(name, found);
  return found;
}

/** Objects in a map of this thread. */
export function createObjects(): Objects {
  const all = new Map<string, Held>();
  const id = ++made;
  let version = 0;
  let sorted: string[] | undefined;
  return {
    async get(key) {
      const held = all.get(key);
      if (held === undefined) throw notFound(key, "memory");
      return held;
    },
    async put(key, pieces, options) {
      checkConditions(options, all.get(key)?.info.etag, key);
      const info: ObjectInfo = {
        key,
        size: pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
        etag: `${id}-${++version}`,
        modified: new Date(),
        ...(options.contentType !== undefined && { contentType: options.contentType }),
        ...(options.metadata !== undefined && { metadata: { ...options.metadata } }),
      };
      if (!all.has(key)) sorted = undefined;
      all.set(key, { info, pieces });
      return info;
    },
    async page(prefix, after, limit, delimiter) {
      sorted ??= [...all.keys()].sort(compareUtf8);
      const entries: ObjectInfo[] = [];
      let last = after;
      for (let i = lowerBound(sorted, after ?? prefix); i < sorted.length && entries.length < limit; i++) {
        const key = sorted[i] as string;
        if (!key.startsWith(prefix)) {
          if (compareUtf8(key, prefix) > 0) break;
          continue;
        }
        const slash = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
        const name = slash === -1 ? key : key.slice(0, slash + 1);
        if (last !== undefined && compareUtf8(name, last) <= 0) continue;
        entries.push(slash === -1 ? (all.get(key) as Held).info : { key: name, size: 0, etag: "", prefix: true });
        last = name;
      }
      return entries;
    },
    async delete(key) {
      if (all.delete(key)) sorted = undefined;
    },
  };
}

/** The index of the first string that isn't before `wanted`. */
function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(sorted[middle] as string, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
