import { type GlacierConfig, storage } from "@glacier/core";

const region = "eu-central-1";

// Providers are found among the dependencies: @glacier/local and @glacier/aws.
export default {
  environments: {
    default: { executor: "local" },
    aws: {
      executor: "aws",
      options: { region, mode: "orchestrated" },
      target: "aws",
      targetOptions: { region, logRetention: 14, tags: { team: "data" } },
      // Your own bucket, with the source in it.
      bindings: { orders: storage.s3({ bucket: "acme-raw", region, key: "orders.ndjson" }) },
    },
  },
} satisfies GlacierConfig;
