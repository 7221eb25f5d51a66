export { type S3Options, s3, s3With } from "./adapter.ts";
