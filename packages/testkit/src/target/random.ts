import fc from "fast-check";
import { anyPipeline, type PipelineSpec, taskSpec } from "./pipelines.ts";

/** Compiling may bundle code: few runs, each of a pipeline with much in it. */
const runs = 12;

/** Runs `check` on random pipelines, shrinking one that fails. */
export async function onRandomPipelines(
  check: (spec: PipelineSpec) => Promise<void>,
  numRuns: number = runs,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(anyPipeline(), check),
    // Shrinking goes on until the test's time is over; what it found until then is told.
    { numRuns, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
}

/** A pipeline with something of everything, for cases that need just one. */
export const typical: PipelineSpec = {
  name: "orders",
  tasks: [
    taskSpec("load", { sources: [0, 1], retries: 2, timeout: 60, secrets: ["api-key"] }),
    taskSpec("split", { inputs: [[0, 0]], outputs: 2, format: 1, quarantine: true }),
    taskSpec("count", { inputs: [[1, 0]], secrets: ["db-password"] }),
    taskSpec("merge", {
      inputs: [
        [1, 1],
        [2, 0],
        [0, 0],
      ],
      sources: [1],
    }),
    taskSpec("alone", { format: 3 }),
  ],
};
