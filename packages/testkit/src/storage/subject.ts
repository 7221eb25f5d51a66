import type { StorageAdapter } from "@glacier/core";
import type { StorageSuiteOptions } from "./test-storage.ts";

/** What a case tests. */
export interface Subject {
  /** Fresh and empty. */
  readonly adapter: StorageAdapter;
  /** Makes another storage, fresh and empty too. */
  readonly make: () => Promise<StorageAdapter>;
  readonly thresholds: readonly number[];
  readonly maxBuffered: number;
  /** Undefined where the options say nothing about them. */
  readonly credentials: readonly string[] | undefined;
  /** Bytes beyond every threshold, at least 1 MiB: what is written in parts, if anything is. */
  readonly large: number;
}

/** One case. */
export type StorageTest = (subject: Subject) => Promise<void>;

const mebibyte = 1024 * 1024;

/** Runs a case on storage of its own, and closes that. */
export async function runCase(test: StorageTest, options: StorageSuiteOptions): Promise<void> {
  const { create, thresholds = [], maxBuffered = 64 * mebibyte, credentials } = options;
  const made: StorageAdapter[] = [];
  const make = async (): Promise<StorageAdapter> => {
    const adapter = await create();
    made.push(adapter);
    return adapter;
  };
  try {
    const large = Math.max(mebibyte, ...thresholds) + 1;
    await test({ adapter: await make(), make, thresholds, maxBuffered, credentials, large });
  } finally {
    for (const adapter of made) await adapter.close?.();
  }
}
