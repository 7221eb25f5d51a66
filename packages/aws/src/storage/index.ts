export { type S3Options, s3, s3From, s3With } from "./adapter.ts";
