import { type GlacierConfig, storage } from "@glacier/core";

const region = "eu-central-1";

// npx glacier run                                   here, as without this file
// npx glacier compile --env aws --out infra         what runs it on AWS, as Terraform; deploy it with
// terraform -chdir=infra init && terraform -chdir=infra apply
// npx glacier run --env aws                         there
export default {
  environments: {
    default: { executor: "local" },
    aws: {
      executor: "aws",
      options: { region },
      target: "aws",
      targetOptions: { region },
      // A source must be where AWS reaches it: give your bucket's name, and put data/orders.ndjson into it.
      bindings: { raw_orders: storage.s3({ bucket: "my-bucket", region, key: "orders.ndjson" }) },
    },
  },
} satisfies GlacierConfig;
