import { compute, Dataset, Pipeline, task } from "@glacier/core";
import { AWSExecutor } from "./index.ts";

const out = new Dataset<number>("out");
const executor = new AWSExecutor({ region: "eu-west-1" });

const functions = new Pipeline("functions", [task("t", { output: out, compute: compute.serverless() }, () => 1)]);
const anywhere = new Pipeline("anywhere", [task("t", { output: out }, () => 1)]);
const here = new Pipeline("here", [task("t", { output: out, compute: compute.local() }, () => 1)]);

void functions.run({ executor });
void anywhere.run({ executor });
// @ts-expect-error this executor cannot run local compute
void here.run({ executor });
