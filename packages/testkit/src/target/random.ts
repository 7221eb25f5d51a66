import fc from "fast-check";
import { holds } from "../property.ts";
import type { TargetSubject } from "./compile.ts";
import { anyPipeline, type PipelineSpec, taskSpec } from "./pipelines.ts";

/** Runs `check` on random pipelines, shrinking one that fails. Compiling may bundle code: few, each with much in it. */
export async function onRandomPipelines(
  { timeout }: TargetSubject,
  check: (spec: PipelineSpec) => Promise<void>,
  runs: number = 12,
): Promise<void> {
  await holds(fc.asyncProperty(anyPipeline(), check), { runs, timeout });
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
