import type { Provider } from "@glacier/core";
import { ProcessExecutor } from "./executor.ts";
import { redisStorage } from "./storage.ts";
import { makeTarget } from "./target.ts";

/** Redis as storage, an executor that starts a process for each attempt, a target that writes a Makefile. */
export const provider: Provider = {
  name: "redis",
  contract: 1,
  module: import.meta.url,
  storage: { redis: redisStorage },
  executors: { process: (options) => new ProcessExecutor(options) },
  targets: { make: (options) => makeTarget(options) },
};

export { ProcessExecutor, type ProcessExecutorOptions } from "./executor.ts";
export type { Connect, RedisResource } from "./redis.ts";
export { redisStorage } from "./storage.ts";
export { type MakeTargetOptions, makeTarget } from "./target.ts";
