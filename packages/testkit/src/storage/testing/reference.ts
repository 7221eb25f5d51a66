import {
  type ErrorCode,
  GlacierError,
  isGlacierError,
  normalizeKey,
  type ObjectInfo,
  type StorageAdapter,
} from "@glacier/core";

interface Stored {
  readonly bytes: Buffer;
  readonly info: ObjectInfo;
}

/** What mutants get at: the objects themselves, beside the adapter. */
export interface Reference {
  readonly adapter: StorageAdapter;
  readonly objects: Map<string, Stored>;
  readonly put: (key: string, bytes: Uint8Array, rest?: Partial<ObjectInfo>) => ObjectInfo;
}

let made = 0;

/** The simplest right adapter: what the suite's own tests begin with. It keeps objects in a map. */
export function reference(): Reference {
  const objects = new Map<string, Stored>();
  const id = ++made;
  let version = 0;

  const put: Reference["put"] = (key, bytes, rest = {}) => {
    const info = { key, size: bytes.length, etag: `v${++version}`, modified: new Date(), ...rest };
    objects.set(key, { bytes: Buffer.from(bytes), info });
    return info;
  };
  const find = (key: string): Stored => objects.get(checked(key)) ?? fail("NOT_FOUND", `no object "${key}"`, key);
  const check = (key: string, { ifMatch, ifNoneMatch }: { ifMatch?: string; ifNoneMatch?: "*" } = {}): void => {
    const etag = objects.get(key)?.info.etag;
    if (ifNoneMatch !== undefined && etag !== undefined) fail("PRECONDITION_FAILED", `"${key}" exists`, key);
    if (ifMatch !== undefined && ifMatch !== etag) fail("PRECONDITION_FAILED", `"${key}" is another version`, key);
  };

  const adapter: StorageAdapter = {
    async read(key, { range, ifMatch, signal } = {}) {
      stop(signal);
      const { bytes, info } = find(key);
      check(key, ifMatch === undefined ? {} : { ifMatch });
      const part = bytes.subarray(range?.start ?? 0, Math.max(range?.end ?? bytes.length, 0));
      return { info, body: chunksOf(part, signal) };
    },
    async write(key, body, { contentType, metadata, signal, ...condition } = {}) {
      stop(signal);
      checked(key);
      check(key, condition);
      const bytes = Buffer.concat(await gather(body, signal));
      check(key, condition);
      return put(key, bytes, { ...(contentType && { contentType }), ...(metadata && { metadata }) });
    },
    async stat(key, { signal } = {}) {
      stop(signal);
      return find(key).info;
    },
    async *list(prefix, { delimiter, signal } = {}) {
      const entries = new Map<string, ObjectInfo>();
      for (const [key, { info }] of objects) {
        const end = delimiter === undefined ? -1 : key.indexOf("/", prefix.length);
        const name = end === -1 ? key : key.slice(0, end + 1);
        if (key.startsWith(prefix))
          entries.set(name, end === -1 ? info : { key: name, size: 0, etag: "", prefix: true });
      }
      stop(signal);
      for (const key of [...entries.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
        stop(signal);
        yield entries.get(key) as ObjectInfo;
      }
    },
    async delete(key, { signal } = {}) {
      stop(signal);
      objects.delete(checked(key));
    },
    async copy(from, to, { signal, ...condition } = {}) {
      stop(signal);
      const { bytes } = find(from);
      check(checked(to), condition);
      return put(to, bytes);
    },
    async deleteMany(keys, { signal } = {}) {
      stop(signal);
      return keys.flatMap((key) => {
        try {
          objects.delete(checked(key));
          return [];
        } catch (error) {
          return [{ key, error: error as Error }];
        }
      });
    },
    uri: (key) => `reference://${id}/${key.split("/").map(encodeURIComponent).join("/")}`,
  };
  return { adapter, objects, put };
}

/** Throws a `GlacierError` about a key. */
export function fail(code: ErrorCode, message: string, key?: string): never {
  throw new GlacierError(code, { message, hint: "Look at the key.", context: key === undefined ? {} : { key } });
}

function checked(key: string): string {
  if (normalizeKey(key) !== key) fail("KEY_INVALID", `object key ${JSON.stringify(key)} is not normal`, key);
  return key;
}

function stop(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (isGlacierError(signal.reason)) throw signal.reason;
  fail("CANCELLED", "the call was cancelled");
}

async function* chunksOf(bytes: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  stop(signal);
  for (let at = 0; at < bytes.length; at += 65_536) {
    stop(signal);
    yield Uint8Array.from(bytes.subarray(at, at + 65_536));
  }
}

async function gather(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const source = body[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const onAbort = (): void => {
    source.return?.().catch(() => {});
    try {
      stop(signal);
    } catch (error) {
      aborted.reject(error);
    }
  };
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      const { done, value } = await Promise.race([source.next(), aborted.promise]);
      if (done === true) return chunks;
      chunks.push(Uint8Array.from(value));
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
