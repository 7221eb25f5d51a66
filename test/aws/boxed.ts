import { type AnyPipeline, compute, Dataset, Pipeline, task } from "@glacier/core";
import { z } from "zod";

const here = { module: import.meta.url };
const image = "glacier-test/node:1";
const container = compute.container({ image });
const soon = { max: 2, delay: 0.01, jitter: 0 };

const numbers = new Dataset<number[]>("numbers");
const doubled = new Dataset<number[]>("doubled");

/** A function, then a container that fails once, then a command in one. */
export const mixed: AnyPipeline = new Pipeline(
  "mixed",
  [
    task("make", { output: numbers }, () => [1, 2, 3]),
    task(
      "double",
      { inputs: { numbers }, output: doubled, compute: container, retries: soon },
      ({ numbers }, { attempt, log }) => {
        log.info(`attempt ${attempt}`);
        if (attempt === 1) throw new Error("not at once");
        return numbers.map((n) => n * 2);
      },
    ),
    task.command("copy", {
      inputs: { doubled },
      output: new Dataset<number[]>("copied"),
      compute: container,
      command: ["sh", "-c", 'cat "$GLACIER_INPUT_DOUBLED" > "$GLACIER_OUTPUT_OUTPUT"'],
    }),
  ],
  here,
) as unknown as AnyPipeline;

/** One whose error no retry mends, though it has some. */
export const refused: AnyPipeline = new Pipeline(
  "refused",
  [
    task(
      "count",
      { output: new Dataset("count", { schema: z.number() }), compute: container, retries: soon },
      () => "three" as never,
    ),
  ],
  here,
);

/** One that dies without a word, beside one that is at work. */
export const dying: AnyPipeline = new Pipeline(
  "dying",
  [
    task("dies", { output: new Dataset<number>("dead"), compute: container }, async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      process.exit(9);
    }),
    task("works", { output: new Dataset<number>("late"), compute: container }, waitLong),
  ],
  here,
);

/** Waits to be stopped. */
export const waiting: AnyPipeline = new Pipeline(
  "waiting-boxed",
  [task("waits", { output: new Dataset<number>("never"), compute: container, retries: soon }, waitLong)],
  here,
);

async function waitLong(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  return 1;
}
