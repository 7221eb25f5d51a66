import type { StorageAdapter } from "@glacier/core";
import type { copies } from "../../cases/copies.ts";
import type { MutantsOf } from "./mutant.ts";

export const brokenCopies: MutantsOf<keyof typeof copies> = {
  "copy, where there is one: the same bytes under another key": {
    "is a link": ({ adapter, objects }) => ({
      async copy(from, to) {
        const info = await adapter.stat(from);
        const get = objects.get.bind(objects);
        objects.set(to, { bytes: Buffer.alloc(0), info: { ...info, key: to } });
        objects.get = (key) => (key === to ? get(from) : get(key));
        return { ...info, key: to };
      },
    }),
  },
  "copy, where there is one: create only": {
    "ignores conditions": ({ adapter }) => ({ copy: unconditional(adapter) }),
  },
  "copy, where there is one: update if the target matches": {
    "ignores conditions": ({ adapter }) => ({ copy: unconditional(adapter) }),
    "looks at what is copied": ({ adapter }) => ({
      async copy(from, to, { ifMatch, ...options } = {}) {
        if (ifMatch !== undefined && (await adapter.stat(from)).etag !== ifMatch)
          return adapter.write(to, none(), { ifMatch });
        return unconditional(adapter)(from, to, options);
      },
    }),
  },
  "copy, where there is one: of a missing object": {
    "makes an empty one": ({ adapter, objects, put }) => ({
      copy: async (from, to, options) =>
        objects.has(from) ? unconditional(adapter)(from, to, options) : put(to, Buffer.alloc(0)),
    }),
  },
};

function unconditional(adapter: StorageAdapter): NonNullable<StorageAdapter["copy"]> {
  return async (from, to) => {
    const { body } = await adapter.read(from);
    return adapter.write(to, body);
  };
}

async function* none(): AsyncGenerator<Uint8Array> {}
