import type { cancellation } from "../../cases/cancellation.ts";
import { type MutantsOf, map, whole } from "./mutant.ts";

export const brokenCancellation: MutantsOf<keyof typeof cancellation> = {
  "a signal that has fired stops every call, and nothing happens": {
    "deletes all the same": ({ adapter }) => ({ delete: (key) => adapter.delete(key) }),
    "throws what the signal says": ({ adapter }) => ({
      async stat(key, options) {
        options?.signal?.throwIfAborted();
        return adapter.stat(key);
      },
    }),
  },
  "a signal's reason that is a GlacierError is thrown as it is": {
    "throws CANCELLED for any reason": ({ adapter }) => ({
      stat: (key, options) => adapter.stat(key, options?.signal?.aborted ? { signal: AbortSignal.abort() } : {}),
    }),
  },
  "an abort midway of a write publishes nothing and closes the body": {
    "publishes half": ({ adapter, put }) => ({
      async write(key, body, options) {
        const chunks: Uint8Array[] = [];
        const kept = map(body, (chunk) => {
          chunks.push(chunk);
          return chunk;
        });
        return adapter.write(key, kept, options).catch((error) => {
          put(key, Buffer.concat(chunks));
          throw error;
        });
      },
    }),
    "leaves the body open": ({ adapter }) => ({
      write: (key, body, options) =>
        adapter.write(key, { [Symbol.asyncIterator]: () => ({ next: nextOf(body) }) }, options),
    }),
  },
  "an abort of a write whose body never answers": {
    "waits for it": ({ put }) => ({
      async write(key, body) {
        return put(key, await whole(body));
      },
    }),
  },
  "an abort at any moment of a write leaves the old object or the new one": {
    "cuts off what it has": ({ put }) => ({
      async write(key, body, options) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) {
          if (options?.signal?.aborted) break;
          chunks.push(chunk);
          await new Promise(setImmediate);
        }
        return put(key, Buffer.concat(chunks));
      },
    }),
  },
  "an abort midway of a read ends it": {
    "goes on": ({ adapter }) => ({ read: (key, { signal, ...options } = {}) => adapter.read(key, options) }),
    "ends as if it were whole": ({ adapter }) => ({
      async read(key, { signal, ...options } = {}) {
        const { info, body } = await adapter.read(key, options);
        return { info, body: whileNot(signal, body) };
      },
    }),
  },
  "an abort between opening and reading an object": {
    "goes on": ({ adapter }) => ({ read: (key, { signal, ...options } = {}) => adapter.read(key, options) }),
  },
  "an abort midway of a listing ends it": {
    "goes on": ({ adapter }) => ({ list: (prefix, { signal, ...options } = {}) => adapter.list(prefix, options) }),
  },
  "a signal that fires after the end changes nothing": {
    "takes the object away again": ({ adapter, objects }) => ({
      write(key, body, options) {
        options?.signal?.addEventListener("abort", () => objects.delete(key));
        return adapter.write(key, body, options);
      },
    }),
  },
};

async function* whileNot(signal: AbortSignal | undefined, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (signal?.aborted === true) return;
    yield chunk;
  }
}

function nextOf(body: AsyncIterable<Uint8Array>): () => Promise<IteratorResult<Uint8Array>> {
  const source = body[Symbol.asyncIterator]();
  return () => source.next();
}
