import type { StorageAdapter } from "@glacier/core";
import type { information } from "../../cases/information.ts";
import { reference } from "../reference.ts";
import type { MutantsOf } from "./mutant.ts";

const shared: Partial<StorageAdapter> = reference().adapter;

export const brokenInformation: MutantsOf<keyof typeof information> = {
  "write, stat and read say the same of an object": {
    "write answers another etag": ({ adapter }) => ({
      write: async (key, body, options) => ({ ...(await adapter.write(key, body, options)), etag: "pending" }),
    }),
    "stat puts quotes around it": ({ adapter }) => ({
      async stat(key, options) {
        const info = await adapter.stat(key, options);
        return { ...info, etag: `"${info.etag}"` };
      },
    }),
  },
  "contentType and metadata come back as they were written, or not at all": {
    "has a contentType of its own": ({ adapter }) => ({
      stat: async (key, options) => ({
        ...(await adapter.stat(key, options)),
        contentType: "application/octet-stream",
      }),
    }),
    "keeps the old version's metadata": ({ adapter, objects }) => ({
      async write(key, body, options) {
        const metadata = objects.get(key)?.info.metadata;
        return adapter.write(key, body, { ...(metadata && { metadata }), ...options });
      },
    }),
  },
  "a uri is stable, and another for each key": {
    "has the time in it": () => ({ uri: (key) => `x:///${encodeURIComponent(key)}?${performance.now()}` }),
    "doesn't escape": () => ({ uri: (key) => new URL(key, "x://root/").href }),
    "names who may read it": () => ({ uri: (key) => `x://user:password@host/${encodeURIComponent(key)}` }),
  },
  "a storage is empty when it is made, and knows nothing of another": { "is one for all": () => shared },
};
