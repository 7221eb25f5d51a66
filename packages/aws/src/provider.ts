import type { Provider } from "@glacier/core";
import { AWSExecutor, type AWSExecutorOptions } from "./executor/index.ts";
import { s3 } from "./storage/index.ts";
import { AWSTarget, type AWSTargetOptions } from "./target/index.ts";

/** Amazon Web Services: S3 as storage, what compiles pipelines to infrastructure, and what runs them there. */
export const aws: Provider = {
  name: "aws",
  contract: 1,
  module: import.meta.url,
  storage: { s3 },
  executors: { aws: (options) => new AWSExecutor(options as AWSExecutorOptions | undefined) },
  targets: { aws: (options) => new AWSTarget((options ?? {}) as unknown as AWSTargetOptions) },
};
