import fc from "fast-check";
import { type AnyTask, Dataset, Pipeline, task } from "../src/index.ts";

/** A random graph: for each task the indices of earlier tasks that it takes from. */
export const dag = (max = 20): fc.Arbitrary<number[][]> =>
  fc
    .integer({ min: 1, max })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, index) =>
          index === 0
            ? fc.constant([] as number[])
            : fc.uniqueArray(fc.integer({ min: 0, max: index - 1 }), { maxLength: 4 }),
        ),
      ),
    );

/** Tasks `t0`, `t1`… that output `d0`, `d1`… and take the datasets of those they depend on. */
export function tasksOf(graph: readonly (readonly number[])[]): AnyTask[] {
  const outputs = graph.map((_, index) => new Dataset<number[]>(`d${index}`));
  return graph.map((inputs, index) =>
    task(
      `t${index}`,
      {
        inputs: Object.fromEntries(inputs.map((other) => [`in${other}`, outputs[other] as Dataset<number[]>])),
        output: outputs[index] as Dataset<number[]>,
      },
      (taken) => [index, ...Object.values(taken).flat()],
    ),
  );
}

export function pipelineOf(graph: readonly (readonly number[])[]): Pipeline {
  return new Pipeline("random", tasksOf(graph)) as Pipeline;
}
