import type { Provider, S3Resource, StorageAdapter, StorageFactory } from "@glacier/core";
import { defaultBucket } from "../deployment.ts";
import { s3With } from "../storage/index.ts";
import type { Clients } from "./clients.ts";

/** This package's provider, whose S3 takes the executor's client, and the deployment's bucket where the placeholder stands. */
export function providerWith(base: Provider, clients: Clients, bucket: () => Promise<string>): Provider {
  const s3: StorageFactory<S3Resource> = (resource) =>
    later(resource, async () => {
      const name = resource.bucket === defaultBucket ? await bucket() : resource.bucket;
      return s3With({ client: await clients.s3() })({ ...resource, bucket: name });
    });
  return { ...base, storage: { ...base.storage, s3 } };
}

/** An adapter that is opened by its first call. */
function later({ bucket, prefix }: S3Resource, open: () => Promise<StorageAdapter>): StorageAdapter {
  let opening: Promise<StorageAdapter> | undefined;
  let opened: StorageAdapter | undefined;
  const adapter = async (): Promise<StorageAdapter> => {
    opening ??= open();
    try {
      opened = await opening;
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return {
    read: async (key, options) => (await adapter()).read(key, options),
    write: async (key, body, options) => (await adapter()).write(key, body, options),
    stat: async (key, options) => (await adapter()).stat(key, options),
    async *list(start, options) {
      yield* (await adapter()).list(start, options);
    },
    delete: async (key, options) => (await adapter()).delete(key, options),
    uri: (key) => opened?.uri(key) ?? `s3://${[bucket, ...(prefix ?? "").split("/").filter(Boolean), key].join("/")}`,
    copy: async (from, to, options) => need((await adapter()).copy)(from, to, options),
    signedUrl: async (key, options) => need((await adapter()).signedUrl)(key, options),
    deleteMany: async (keys, options) => need((await adapter()).deleteMany)(keys, options),
    async close() {
      const ending = opening;
      opening = undefined;
      opened = undefined;
      await (await ending?.catch(() => undefined))?.close?.();
    },
  };
}

/** S3 can do all of it. */
function need<T>(method: T | undefined): T {
  return method as T;
}
