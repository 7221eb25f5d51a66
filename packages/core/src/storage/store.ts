import { GlacierError, isGlacierError } from "../errors/index.ts";
import { sleep } from "../stream/abort.ts";
import { once, readAll } from "../stream/bytes.ts";
import type {
  CallOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  StorageAdapter,
  WriteOptions,
} from "./adapter.ts";
import { normalizeKey } from "./key.ts";

/** A {@link StorageAdapter} with clean keys, retries and conveniences on top: what core and its users call. */
export interface Store {
  readonly adapter: StorageAdapter;
  read(key: string, options?: ReadOptions): Promise<ReadResult>;
  readBytes(key: string, options?: ReadOptions): Promise<Uint8Array>;
  /** Parsed JSON with the object's etag, or undefined where there is no such object. Errors: `DECODE_FAILED`. */
  readJson<T>(key: string, options?: ReadOptions): Promise<{ value: T; etag: string } | undefined>;
  /** Streams; not retried, since the body can't be read twice. */
  write(key: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<ObjectInfo>;
  writeBytes(key: string, bytes: Uint8Array, options?: WriteOptions): Promise<ObjectInfo>;
  writeJson(key: string, value: unknown, options?: WriteOptions): Promise<ObjectInfo>;
  /** Undefined where there is no such object. */
  stat(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
  delete(key: string, options?: CallOptions): Promise<void>;
  uri(key: string): string;
}

/** Attempts at one storage call, and the first wait in milliseconds; each wait doubles, with jitter. */
const attempts = 4;
const firstWait = 100;

/** Conveniences over an adapter. Calls that fail with a `retryable` error are repeated with backoff. */
export function createStore(adapter: StorageAdapter): Store {
  const store: Store = {
    adapter,
    read: (key, options) => retrying(() => adapter.read(normalizeKey(key), options), options?.signal),
    readBytes: (key, options) =>
      retrying(async () => readAll((await adapter.read(normalizeKey(key), options)).body), options?.signal),
    async readJson(key, options) {
      try {
        return await retrying(async () => {
          const { body, info } = await adapter.read(normalizeKey(key), options);
          return {
            value: parse(new TextDecoder().decode(await readAll(body)), adapter.uri(normalizeKey(key))),
            etag: info.etag,
          };
        }, options?.signal);
      } catch (error) {
        if (isGlacierError(error, "NOT_FOUND")) return undefined;
        throw error;
      }
    },
    write: (key, body, options) => adapter.write(normalizeKey(key), body, options),
    writeBytes: (key, bytes, options) =>
      retrying(() => adapter.write(normalizeKey(key), once(bytes), options), options?.signal),
    writeJson: (key, value, options) =>
      store.writeBytes(key, new TextEncoder().encode(`${JSON.stringify(value)}\n`), {
        contentType: "application/json",
        ...options,
      }),
    async stat(key, options) {
      try {
        return await retrying(() => adapter.stat(normalizeKey(key), options), options?.signal);
      } catch (error) {
        if (isGlacierError(error, "NOT_FOUND")) return undefined;
        throw error;
      }
    },
    list: (prefix, options) => adapter.list(prefix, options),
    delete: (key, options) => retrying(() => adapter.delete(normalizeKey(key), options), options?.signal),
    uri: (key) => adapter.uri(normalizeKey(key)),
  };
  return store;
}

async function retrying<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === attempts || !isGlacierError(error) || !error.retryable) throw error;
      await sleep(firstWait * 2 ** (attempt - 1) * (0.5 + Math.random()), signal);
    }
  }
}

function parse<T>(text: string, uri: string): T {
  try {
    return JSON.parse(text);
  } catch {
    throw new GlacierError("DECODE_FAILED", {
      message: `${uri} is not JSON`,
      hint: "The file was changed by something else than Glacier: delete it and run again.",
      context: { uri },
    });
  }
}
