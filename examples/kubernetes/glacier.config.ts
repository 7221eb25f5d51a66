import { type GlacierConfig, storage } from "@glacier/core";

// A bucket that this machine and the cluster reach. A server in the cluster takes an `endpoint` ("http://minio.storage.svc:9000")
// and `forcePathStyle`; then run the commands that read it where they reach it.
const data = storage.s3({ bucket: "acme-orders", region: "eu-central-1" });
const cluster = { storage: data, namespace: "orders", envFrom: "s3-credentials" };
const bindings = { orders: storage.s3({ bucket: "acme-raw", region: "eu-central-1", key: "orders.ndjson" }) };

// Providers are found among the dependencies: @glacier/local, @glacier/k8s, and @glacier/aws for S3.
export default {
  environments: {
    default: { executor: "local" },
    // Needs nothing in the cluster: a CronJob runs Glacier's own scheduler.
    driver: {
      executor: "kubernetes",
      options: cluster,
      target: "kubernetes",
      targetOptions: { ...cluster, engine: "driver" },
      bindings,
    },
    // Needs Argo Workflows.
    argo: {
      executor: "kubernetes",
      options: cluster,
      target: "kubernetes",
      targetOptions: { ...cluster, engine: "argo" },
      bindings,
    },
  },
} satisfies GlacierConfig;
