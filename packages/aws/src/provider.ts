import type { Provider } from "@glacier/core";
import { s3 } from "./storage/index.ts";

/** Amazon Web Services: S3 as storage. */
export const aws: Provider = {
  name: "aws",
  contract: 1,
  module: import.meta.url,
  storage: { s3 },
};
