import type { MemoryResource, Provider, StorageFactory } from "@glacier/core";
import { localFs } from "../storage/index.ts";

/** This package's storage in a thread, process or container: `memory` reaches the process that started it, where it can. */
export function providersHere(memory?: StorageFactory<MemoryResource>): readonly Provider[] {
  return [{ name: "local", contract: 1, storage: { localFs, ...(memory !== undefined && { memory }) } }];
}
