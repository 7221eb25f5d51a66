import { type AnyPipeline, type AnyTask, Dataset, Pipeline, task } from "@glacier/core";

const here = { module: import.meta.url };

/** For each task the indices of earlier ones that it takes from. */
export type Links = readonly (readonly number[])[];

/** What the handler of task `index` makes of its inputs. */
export function combine(index: number, inputs: readonly number[]): number {
  return inputs.reduce((sum, input) => (sum * 31 + input) % 1_000_003, index + 1);
}

// By seeds, not by fast-check: wherever a task runs, its module must make the same graph.
export const wideLinks: Links = randomLinks(12, 7);
export const deepLinks: Links = randomLinks(12, 20_240_229);
export const wide: AnyPipeline = pipelineOf("kit_graph_wide", wideLinks);
export const deep: AnyPipeline = pipelineOf("kit_graph_deep", deepLinks);

function pipelineOf(name: string, links: Links): AnyPipeline {
  const outputs = links.map((_, index) => new Dataset<number>(`d${index}`));
  return new Pipeline(
    name,
    links.map(
      (before, index): AnyTask =>
        task(
          `t${index}`,
          {
            inputs: Object.fromEntries(before.map((other) => [`d${other}`, outputs[other] as Dataset<number>])),
            output: outputs[index] as Dataset<number>,
          },
          (inputs, { log }) => {
            log.info("ran");
            return combine(
              index,
              before.map((other) => inputs[`d${other}`] as number),
            );
          },
        ),
    ),
    here,
  );
}

function randomLinks(size: number, seed: number): Links {
  const next = numbers(seed);
  return Array.from({ length: size }, (_, index) =>
    Array.from({ length: index }, (_, other) => other).filter((other) => next() < 2.2 / (index - other + 3)),
  );
}

/** The same numbers from 0 to 1 for the same seed: mulberry32. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
