import type { deletes } from "../../cases/deletes.ts";
import type { MutantsOf } from "./mutant.ts";

export const brokenDeletes: MutantsOf<keyof typeof deletes> = {
  "a deleted object is gone": { "does nothing": () => ({ delete: async () => {} }) },
  "deleting what isn't there is no error": {
    "is NOT_FOUND": ({ adapter }) => ({
      async delete(key, options) {
        await adapter.stat(key, options);
        await adapter.delete(key, options);
      },
    }),
  },
  "a delete takes one key, not those that begin with it": {
    "takes the folder": ({ adapter, objects }) => ({
      async delete(key, options) {
        await adapter.delete(key, options);
        for (const other of objects.keys()) if (other.startsWith(`${key}/`)) objects.delete(other);
      },
    }),
  },
  "deleteMany, where there is one: more than 1,000 keys": {
    "takes 1,000": ({ adapter }) => ({
      deleteMany: async (keys, options) => (await adapter.deleteMany?.(keys.slice(0, 1_000), options)) ?? [],
    }),
  },
  "deleteMany, where there is one: answers the keys that failed": {
    "says nothing of them": ({ adapter }) => ({
      async deleteMany(keys, options) {
        await adapter.deleteMany?.(keys, options);
        return [];
      },
    }),
    "throws at the first": ({ adapter }) => ({
      async deleteMany(keys, options) {
        for (const key of keys) await adapter.delete(key, options);
        return [];
      },
    }),
  },
};
