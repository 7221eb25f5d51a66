import { body as bodyOf } from "../../bodies.ts";
import type { roundTrips } from "../../cases/round-trips.ts";
import { changing, type MutantsOf, map, whole } from "./mutant.ts";

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
  "a body that fills the same buffer again": {
    "keeps chunks as they are": ({ adapter }) => ({
      async write(key, body, options) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        return adapter.write(key, bodyOf(...chunks), options);
      },
    }),
    "stores a chunk while it asks for the next one": ({ adapter }) => ({
      write: (key, body, options) => adapter.write(key, oneBehind(body), options),
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

async function* take(body: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) if (count-- > 0) yield chunk;
}

async function* oneBehind(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of body) {
    if (last !== undefined) yield last;
    last = chunk;
  }
  if (last !== undefined) yield last;
}

async function* untilEmpty(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    if (chunk.length === 0) return;
    yield chunk;
  }
}
