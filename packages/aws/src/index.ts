export { aws } from "./provider.ts";
export { type S3Options, s3, s3With } from "./storage/index.ts";
