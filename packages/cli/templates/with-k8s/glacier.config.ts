import { type GlacierConfig, storage } from "@glacier/core";

// Where the cluster keeps data. A server in it takes an `endpoint` ("http://minio.storage.svc:9000") and `forcePathStyle`.
const data = storage.s3({ bucket: "my-pipeline-data-example", region: "eu-central-1" });

// npx glacier run                                     here, as without this file
// npx glacier compile --env kubernetes --out deploy   what runs it in a cluster, as manifests; deploy it with
// kubectl apply --server-side -k deploy
// npx glacier run --env kubernetes                    there, each task a Job that is started from here, in your context's namespace
export default {
  environments: {
    default: { executor: "local" },
    kubernetes: {
      executor: "kubernetes",
      options: { storage: data },
      target: "kubernetes",
      // A Job that walks the graph; "argo" where Argo Workflows is installed.
      targetOptions: { storage: data, engine: "driver" },
      // A source must be where the cluster reaches it: give your bucket's name, and put data/orders.ndjson into it.
      bindings: { raw_orders: storage.s3({ bucket: "my-bucket", region: "eu-central-1", key: "orders.ndjson" }) },
    },
  },
} satisfies GlacierConfig;
