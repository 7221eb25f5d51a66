import { compute } from "@glacier/core";
import { testTarget } from "@glacier/testkit";
import { bucket, bucketProvider } from "../../test/bucket.ts";
import { moduleAsCode, targetWith } from "../../test/code.ts";
import { argoView, driverView } from "../../test/view.ts";
import { KubernetesTarget } from "./kubernetes-target.ts";

const rights =
  "A cluster has no rights on storage: the cloud's account behind each ServiceAccount has them, which KubernetesTarget doesn't make.";
const skip = {
  "a task may touch its own datasets and no others": rights,
  "tenants share nothing that is written": rights,
};

testTarget("KubernetesTarget, its code aside", {
  create: () => targetWith(moduleAsCode, { storage: bucket }),
  compute: compute.container({ image: "python:3", memory: 1024 }),
  providers: [bucketProvider],
  view: argoView,
  skip,
});
// A bundle each time, so it takes its time.
testTarget("KubernetesTarget", {
  create: () => new KubernetesTarget({ storage: bucket }),
  providers: [bucketProvider],
  view: argoView,
  skip,
  timeout: 300_000,
});
testTarget("KubernetesTarget with a driver, its code aside", {
  create: () => targetWith(moduleAsCode, { storage: bucket, engine: "driver" }),
  compute: compute.container({ image: "python:3", memory: 1024 }),
  providers: [bucketProvider],
  view: driverView,
  skip,
});
