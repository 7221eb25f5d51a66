import { normalizeKey, type ObjectInfo, type StorageFactory, type StorageResource } from "@glacier/core";
import { changed, discard, pull, resolveRange, throwIfAborted } from "@glacier/core/adapter";
import { connect, type StoredObject } from "./client.ts";
import { toGlacierError } from "./errors.ts";

/** A place for objects: what a dataset's `storage` says. Plain JSON, so it may stand in plans and configs: no secret in it. */
export interface DrawerResource extends StorageResource {
  readonly kind: "drawer";
  /** Which one. Resources with the same name share their objects. */
  readonly name: string;
}

/** `new Dataset("orders", { storage: drawerStorage({ name: "shop" }) })`. */
export function drawerStorage(options: { readonly name: string; readonly key?: string }): DrawerResource {
  return { kind: "drawer", ...options };
}

/** Objects read at once while listing. */
const pageSize = 1000;

/** The adapter. Each call to `client` is a place where your backend's own comes in: there are five. */
export const drawerAdapter: StorageFactory<DrawerResource> = ({ name }) => {
  const client = connect(name);

  /** Calls the client with a clean key; whatever it throws becomes a `GlacierError`. */
  async function call<T>(key: string, signal: AbortSignal | undefined, ask: (key: string) => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    try {
      return await ask(normalizeKey(key));
    } catch (error) {
      throw toGlacierError(error, key);
    }
  }

  return {
    async read(key, { range, ifMatch, signal } = {}) {
      // 1. Opens an object. A real backend takes the range and the condition along, and answers a stream.
      const object = await call(key, signal, (clean) => client.get(clean));
      if (ifMatch !== undefined && ifMatch !== object.etag) throw changed(key);
      const { start, end } = resolveRange(range, object.bytes.length);
      return { info: infoOf(object), body: chunks(object.bytes.subarray(start, end), signal) };
    },

    async write(key, body, { signal, ...conditions } = {}) {
      // 2. Stores an object as a whole, if the conditions hold: the backend has to check and store in one step. A real one
      // takes the chunks as they come (a multipart upload, say), completes the object behind the last, and drops it on errors.
      const bytes = await collect(key, body, signal);
      return infoOf(await call(key, signal, (clean) => client.put(clean, bytes, conditions)));
    },

    async stat(key, { signal } = {}) {
      // 3. What is known of an object without its bytes.
      return infoOf(await call(key, signal, (clean) => client.get(clean)));
    },

    async *list(prefix, options = {}) {
      const limit = options.pageSize ?? pageSize;
      let folder: string | undefined;
      for (let after: string | undefined; ; ) {
        throwIfAborted(options.signal);
        // 4. One page of objects, in the order of their keys' bytes. A backend that knows delimiters answers folders itself.
        const page = await client
          .page(prefix, after, limit)
          .catch((error) => Promise.reject(toGlacierError(error, prefix)));
        for (const object of page) {
          throwIfAborted(options.signal);
          const slash = options.delimiter === undefined ? -1 : object.key.indexOf(options.delimiter, prefix.length);
          if (slash === -1) yield infoOf(object);
          else if (folder === undefined || !object.key.startsWith(folder)) {
            folder = object.key.slice(0, slash + 1);
            yield { key: folder, size: 0, etag: "", prefix: true };
          }
        }
        if (page.length < limit) return;
        after = page.at(-1)?.key;
      }
    },

    async delete(key, { signal } = {}) {
      // 5. Deletes an object; one that isn't there is no error.
      await call(key, signal, (clean) => client.remove(clean));
    },

    uri: (key) => `drawer://${[name, ...normalizeKey(key).split("/")].map(encodeURIComponent).join("/")}`,
  };
};

function infoOf({ key, bytes, etag, modified, contentType, metadata }: StoredObject): ObjectInfo {
  return {
    key,
    size: bytes.length,
    etag,
    modified,
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** The whole body. Its own errors pass through as they are, and an abort doesn't wait for it. */
async function collect(
  key: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  try {
    throwIfAborted(signal);
    normalizeKey(key);
  } catch (error) {
    discard(body);
    throw error;
  }
  const copies: Uint8Array[] = [];
  // Copied: whoever makes the chunks may fill the same buffer again.
  for await (const chunk of pull(body, signal)) copies.push(new Uint8Array(chunk));
  throwIfAborted(signal);
  return Buffer.concat(copies);
}

/** Copies of the bytes, a piece at a time: the caller may do with them what it likes. */
async function* chunks(bytes: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    throwIfAborted(signal);
    yield new Uint8Array(bytes.subarray(at, at + 65_536));
  }
}
