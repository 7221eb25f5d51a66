import { type AnyPipeline, Dataset, Pipeline, task } from "@glacier/core";

const here = { module: import.meta.url };
const soon = { max: 2, delay: 0.01, jitter: 0 };

const numbers = new Dataset<number[]>("numbers");
const sum = new Dataset<number>("sum");
const largest = new Dataset<number>("largest");

/** A diamond, one of whose tasks fails once. */
export const steady: AnyPipeline = new Pipeline(
  "steady",
  [
    task("make", { output: numbers }, (_, { log }) => {
      log.info("making", { count: 3 });
      return [1, 2, 3];
    }),
    task("add", { inputs: { numbers }, output: sum, retries: soon }, ({ numbers }, { attempt, log }) => {
      log.info(`attempt ${attempt}`);
      if (attempt === 1) throw new Error("not at once");
      return numbers.reduce((a, b) => a + b, 0);
    }),
    task("find", { inputs: { numbers }, output: largest }, ({ numbers }) => Math.max(...numbers)),
    task("tell", { inputs: { sum, largest }, output: new Dataset<string>("told") }, (i) => `${i.sum} ${i.largest}`),
  ],
  here,
);

const broken = new Dataset<number>("broken");

/** One fails while another waits; a third depends on it. */
export const failing: AnyPipeline = new Pipeline(
  "failing",
  [
    task("bad", { output: broken }, (): number => {
      throw new RangeError("broken on purpose");
    }),
    task("waits", { output: new Dataset<number>("late") }, waitLong),
    task("after", { inputs: { broken }, output: new Dataset<number>("never") }, ({ broken }) => broken),
  ],
  here,
);

/** Ends by itself after a while, with its process. */
export const crashing: AnyPipeline = new Pipeline(
  "crashing",
  [
    task("dies", { output: new Dataset<number>("dead") }, (): number => {
      process.exit(7);
    }),
  ],
  here,
);

/** Waits to be stopped. */
export const waiting: AnyPipeline = new Pipeline(
  "waiting",
  [task("waits", { output: new Dataset<number>("late") }, waitLong)],
  here,
);

async function waitLong(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  return 1;
}
