// Loads where a run is started, and nowhere else.
import { type AnyPipeline, Dataset, Pipeline, task } from "@glacier/core";
import { isRemote } from "@glacier/core/execute";

/** What the module says where it doesn't load. */
export const refusal = "not at home";

if (isRemote()) throw new Error(refusal);

export const choosy: AnyPipeline = new Pipeline(
  "kit_choosy",
  [task("one", { output: new Dataset<number>("one") }, () => 1)],
  { module: import.meta.url },
);
