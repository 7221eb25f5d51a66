import { Dataset, Pipeline, task } from "@glacier/core";

const worker = new Dataset<string>("worker");
const look = task("look", { output: worker }, () => process.env["WORKER"] ?? "none");

/** Tells what the variable `WORKER` is in the process of a task. */
export const pipeline = new Pipeline("where", [look], { module: import.meta.url });
