import type { Provider, StorageAdapter, StorageResource } from "@glacier/core";

/** Storage that every pod reaches, for compilations: nothing opens it. */
export const bucket: StorageResource = { kind: "bucket", name: "acme", endpoint: "http://store.acme.svc:9000" };

/** Brings {@link bucket}'s kind. */
export const bucketProvider: Provider = {
  name: "bucket",
  contract: 1,
  module: import.meta.url,
  storage: {
    bucket: (): StorageAdapter => {
      throw new Error("the pipelines of these tests are compiled, never run");
    },
  },
};
