import type { Provider } from "@glacier/core";
import { LocalExecutor } from "./executor/local-executor.ts";
import { localFs, memory } from "./storage/index.ts";

/** This machine: folders and memory as storage, and the executor that runs tasks here. */
export const local: Provider = {
  name: "local",
  contract: 1,
  module: import.meta.url,
  storage: { localFs, memory },
  executors: { local: (options) => new LocalExecutor(options) },
};
