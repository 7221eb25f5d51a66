export { AWSExecutor, type AWSExecutorOptions, type AWSKind, type OwnClients } from "./executor/index.ts";
export { aws } from "./provider.ts";
export { type S3Options, s3, s3With } from "./storage/index.ts";
export {
  type AlertOptions,
  AWSCompilation,
  AWSTarget,
  type AWSTargetOptions,
  type NetworkOptions,
  type PrintedResource,
  type Properties,
  type Resource,
  type Transform,
} from "./target/index.ts";
