import type { cancellation } from "../cases/cancellation.ts";
import type { conditions } from "../cases/conditions.ts";
import type { pressure } from "../cases/pressure.ts";
import type { roundTrips } from "../cases/round-trips.ts";
import type { wholeness } from "../cases/wholeness.ts";
import type { MutantsOf } from "./mutant.ts";
import { changing, whole } from "./mutant.ts";

export const brokenRoundTrips: MutantsOf<keyof typeof roundTrips> = {
  "an object of no bytes": {
    "loses empty objects": ({ adapter, objects }) => ({
      async write(key, body, options) {
        const info = await adapter.write(key, body, options);
        if (info.size === 0) objects.delete(key);
        return info;
      },
    }),
  },
  "an object of one byte": {
    "goes through text": (good) => changing(good, (bytes) => Buffer.from(bytes.toString())),
    "ends lines its own way": (good) =>
      changing(good, (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\r", "\n"), "latin1")),
  },
  "chunks of odd sizes": {
    "reads a block too few": (good) =>
      changing(good, (bytes) => bytes.subarray(0, bytes.length & ~4095 || bytes.length)),
  },
  "10,000 chunks of a few bytes": {
    "loses chunks after the 9,999th": ({ adapter }) => ({
      write: (key, body, options) => adapter.write(key, take(body, 9_999), options),
    }),
  },
  "empty chunks between others, and chunks within larger buffers": {
    "takes an empty chunk for the end": ({ adapter }) => ({
      write: (key, body, options) => adapter.write(key, untilEmpty(body), options),
    }),
    "stores the whole buffer behind a chunk": ({ adapter }) => ({
      write: (key, body, options) =>
        adapter.write(
          key,
          map(body, (chunk) => new Uint8Array(chunk.buffer as ArrayBuffer)),
          options,
        ),
    }),
  },
  "sizes around 64 KiB, 1 MiB and each threshold": {
    "loses a last part that is full": (good) =>
      changing(good, (bytes) => (bytes.length % 65_536 === 0 ? bytes.subarray(0, -65_536) : bytes)),
    "loses a last part of one byte": (good) =>
      changing(good, (bytes) => (bytes.length % 65_536 === 1 ? bytes.subarray(0, -1) : bytes)),
    "is wrong at its own threshold only": (good) =>
      changing(good, (bytes) => (bytes.length === 500_000 ? bytes.subarray(1) : bytes)),
  },
  "a body of any make: web stream, Node stream": {
    "wants a generator": ({ adapter }) => ({
      async write(key, body, options) {
        if (!("next" in body)) throw new TypeError("body.next is not a function");
        return adapter.write(key, body, options);
      },
    }),
  },
  "a write, a replace and a delete show at once": {
    "reads from a cache": ({ adapter }) => {
      const cache = new Map<string, ReturnType<typeof adapter.stat>>();
      return {
        stat: (key, options) => {
          if (!cache.has(key)) cache.set(key, adapter.stat(key, options));
          return cache.get(key) as ReturnType<typeof adapter.stat>;
        },
      };
    },
  },
  "many keys written and read side by side": {
    "has one buffer for all": ({ adapter }) => {
      let shared: Buffer = Buffer.alloc(0);
      return {
        async write(key, body, options) {
          shared = await whole(body);
          await new Promise(setImmediate);
          return adapter.write(
            key,
            map([shared], (bytes) => bytes),
            options,
          );
        },
      };
    },
  },
};

export const brokenConditions: MutantsOf<keyof typeof conditions> = {
  "create only: refused where there is an object": {
    "ignores ifNoneMatch": ({ adapter }) => ({
      write: (key, body, { ifNoneMatch, ...options } = {}) => adapter.write(key, body, options),
    }),
  },
  "create only: large objects too": {
    "can't create in parts": (good) =>
      changing(good, (bytes, options) => (options?.ifNoneMatch ? bytes.subarray(0, 1_000_000) : bytes)),
  },
  "20 racing creators: one wins, and its content stays": {
    "checks before it writes, not while": ({ adapter, objects }) => ({
      async write(key, body, { ifNoneMatch, ...options } = {}) {
        if (ifNoneMatch !== undefined && objects.has(key)) return adapter.write(key, body, { ifNoneMatch });
        await new Promise(setImmediate);
        return adapter.write(key, body, options);
      },
    }),
    "lets the last one win": ({ adapter, put }) => ({
      async write(key, body, options) {
        const bytes = await whole(body);
        return adapter
          .write(
            key,
            map([bytes], (b) => b),
            options,
          )
          .catch((error) => {
            put(key, bytes);
            throw error;
          });
      },
    }),
  },
  "update if match: only over that version": {
    "ignores ifMatch": ({ adapter }) => ({
      write: (key, body, { ifMatch, ...options } = {}) => adapter.write(key, body, options),
    }),
  },
  "update if match: refused where there is no object": {
    "creates it": ({ adapter, objects }) => ({
      write: (key, body, { ifMatch, ...options } = {}) =>
        adapter.write(key, body, objects.has(key) && ifMatch !== undefined ? { ...options, ifMatch } : options),
    }),
  },
  "5 writers × 10 increments by compare and swap make 50": {
    "compares first and swaps later": ({ adapter, objects }) => ({
      async write(key, body, { ifMatch, ...options } = {}) {
        if (ifMatch !== undefined && objects.get(key)?.info.etag !== ifMatch)
          return adapter.write(key, body, { ifMatch });
        await new Promise(setImmediate);
        return adapter.write(key, body, options);
      },
    }),
  },
  "a condition holds until the write's end, not only at its start": {
    "looks at its start only": ({ adapter, put }) => ({
      async write(key, body, { ifMatch, ifNoneMatch, ...options } = {}) {
        const info = await adapter.stat(key).catch(() => undefined);
        if (ifMatch === undefined ? info !== undefined && ifNoneMatch : info?.etag !== ifMatch)
          return adapter.write(key, body, {
            ...(ifMatch === undefined ? { ifNoneMatch: "*" } : { ifMatch }),
            ...options,
          });
        return put(key, await whole(body));
      },
    }),
  },
  "a read if match: that version or an error": {
    "ignores ifMatch": ({ adapter }) => ({ read: (key, { ifMatch, ...options } = {}) => adapter.read(key, options) }),
  },
  "other bytes have another etag, also of the same size and right after": {
    "takes the size for an etag": ({ adapter, put }) => ({
      async write(key, body) {
        const bytes = await whole(body);
        return put(key, bytes, { etag: `${bytes.length}` });
      },
      stat: adapter.stat,
    }),
  },
  "the same bytes written again have another etag": {
    "takes the content for an etag": ({ put }) => ({
      async write(key, body) {
        const bytes = await whole(body);
        return put(key, bytes, { etag: bytes.toString("hex") });
      },
    }),
  },
};

export const brokenWholeness: MutantsOf<keyof typeof wholeness> = {
  "nobody sees an object before it is whole": {
    "appends to the object as chunks come": ({ put }) => ({
      async write(key, body) {
        const chunks: Uint8Array[] = [];
        let info = put(key, new Uint8Array(0));
        for await (const chunk of body) {
          chunks.push(chunk);
          info = put(key, Buffer.concat(chunks));
        }
        return info;
      },
    }),
    "removes the old object first": ({ adapter, objects }) => ({
      write(key, body, options) {
        objects.delete(key);
        return adapter.write(key, body, options);
      },
    }),
  },
  "a body that throws publishes nothing, and its error passes through": {
    "publishes half": ({ put }) => ({
      async write(key, body) {
        const chunks: Uint8Array[] = [];
        try {
          for await (const chunk of body) chunks.push(chunk);
        } finally {
          put(key, Buffer.concat(chunks));
        }
        return put(key, Buffer.concat(chunks));
      },
    }),
    "wraps the body's error": ({ adapter }) => ({
      write: (key, body, options) =>
        adapter.write(key, body, options).catch((cause) => {
          throw new Error("write failed", { cause });
        }),
    }),
  },
  "a body that throws publishes nothing, with conditions too": {
    "takes the name before it has the content": ({ adapter, objects, put }) => ({
      async write(key, body, { ifNoneMatch, ...options } = {}) {
        if (ifNoneMatch === undefined || objects.has(key)) return adapter.write(key, body, options);
        put(key, new Uint8Array(0));
        return adapter.write(key, body, options);
      },
    }),
  },
  "a write that is refused leaves its body closed": {
    "leaves it": ({ adapter, objects }) => ({
      async write(key, body, options) {
        if (objects.has(key)) await body[Symbol.asyncIterator]().next();
        return adapter.write(
          key,
          map([], (b: Uint8Array) => b),
          options,
        );
      },
    }),
  },
  "readers during replaces see whole versions": {
    "writes over the old bytes": ({ adapter, objects, put }) => ({
      async write(key, body, options) {
        const bytes = await whole(body);
        const old = objects.get(key)?.bytes;
        if (old === undefined)
          return adapter.write(
            key,
            map([bytes], (b) => b),
            options,
          );
        for (let at = 0; at < bytes.length; at += 100_000) {
          bytes.copy(old, at, at, at + 100_000);
          await new Promise(setImmediate);
        }
        return put(key, bytes);
      },
    }),
  },
  "a read if match that is replaced midway: that version or an error": {
    "goes on with whatever is there": ({ adapter, objects }) => ({
      async read(key, options) {
        const { info, body } = await adapter.read(key, options);
        let at = 0;
        return {
          info,
          body: map(body, ({ length }) => {
            at += length;
            return Buffer.from(objects.get(key)?.bytes.subarray(at - length, at) ?? []);
          }),
        };
      },
    }),
  },
  "20 writers of one key: one of their objects stays, whole": {
    "has one temp file for all": ({ put }) => {
      const temp: Uint8Array[] = [];
      return {
        async write(key, body) {
          for await (const chunk of body) {
            temp.push(chunk);
            await new Promise(setImmediate);
          }
          return put(key, Buffer.concat(temp));
        },
      };
    },
  },
};

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

export const brokenPressure: MutantsOf<keyof typeof pressure> = {
  "no chunk is asked for before the last one is there": {
    "asks for two at once": ({ put }) => ({
      async write(key, body) {
        const source = body[Symbol.asyncIterator]();
        const chunks: Uint8Array[] = [];
        for (;;) {
          const both = await Promise.all([source.next(), source.next()]);
          for (const { done, value } of both) if (done !== true) chunks.push(value);
          if (both[1]?.done === true) return put(key, Buffer.concat(chunks));
        }
      },
    }),
  },
  "a write holds no more of a larger body than it may": {
    "collects the whole body": () => ({}),
    "collects copies of it": (good) => changing(good, (bytes) => bytes),
  },
};

async function* take(body: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) if (count-- > 0) yield chunk;
}

async function* untilEmpty(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (chunk.length === 0) return;
    yield chunk;
  }
}

async function* whileNot(signal: AbortSignal | undefined, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (signal?.aborted === true) return;
    yield chunk;
  }
}

async function* map(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  change: (chunk: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield change(chunk);
}

function nextOf(body: AsyncIterable<Uint8Array>): () => Promise<IteratorResult<Uint8Array>> {
  const source = body[Symbol.asyncIterator]();
  return () => source.next();
}
