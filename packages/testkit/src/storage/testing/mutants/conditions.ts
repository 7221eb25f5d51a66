import type { conditions } from "../../cases/conditions.ts";
import { changing, type MutantsOf, map, whole } from "./mutant.ts";

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
};
