import type { wholeness } from "../../cases/wholeness.ts";
import { type MutantsOf, map, whole } from "./mutant.ts";

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
