import { compute, Dataset, Pipeline, task } from "@glacier/core";
import { KubernetesExecutor } from "./index.ts";

const out = new Dataset<number>("out");
const executor = new KubernetesExecutor({ storage: { kind: "s3", bucket: "orders" } });

const inImage = compute.container({ image: "node:24-slim" });
const containers = new Pipeline("containers", [task("t", { output: out, compute: inImage }, () => 1)]);
const anywhere = new Pipeline("anywhere", [task("t", { output: out }, () => 1)]);
const here = new Pipeline("here", [task("t", { output: out, compute: compute.local() }, () => 1)]);
const functions = new Pipeline("functions", [task("t", { output: out, compute: compute.serverless() }, () => 1)]);

void containers.run({ executor });
void anywhere.run({ executor });
// @ts-expect-error this executor cannot run local compute
void here.run({ executor });
// @ts-expect-error nor functions
void functions.run({ executor });
// @ts-expect-error a cluster has no storage of its own
new KubernetesExecutor({});
