export { AWSTarget } from "./aws-target.ts";
export { AWSCompilation } from "./compilation.ts";
export type { Resource } from "./model.ts";
export type {
  AlertOptions,
  AWSTargetOptions,
  NetworkOptions,
  PrintedResource,
  Properties,
  Transform,
} from "./options.ts";
