import { type AnyPipeline, Dataset, Pipeline, task } from "@glacier/core";

const here = { module: import.meta.url };

/** What a failing handler says. */
export const lastWords = "broken on purpose";

/** The file that the handlers below are in, as a stack names it. */
export const handlersFile: string = new URL(import.meta.url).pathname.split("/").at(-1) ?? "";

/** Soon enough for a test. */
const soon = { delay: 0.01, jitter: 0 };

const broken = new Dataset<number>("broken");

export const succeeding: AnyPipeline = new Pipeline(
  "kit_succeeding",
  [task("one", { output: new Dataset<number>("first") }, () => 1)],
  here,
);

/** A task that throws, one that depends on it, and one that doesn't. */
export const failing: AnyPipeline = new Pipeline(
  "kit_failing",
  [
    task("bad", { output: broken }, (): number => {
      throw new TypeError(lastWords);
    }),
    task("after", { inputs: { broken }, output: new Dataset<number>("never") }, ({ broken }) => broken),
    task("beside", { output: new Dataset<number>("kept") }, () => 1),
  ],
  here,
);

/** Handlers that throw what is no Error. */
export const throwing: AnyPipeline = new Pipeline(
  "kit_throwing",
  [
    task("words", { output: new Dataset<number>("words") }, (): number => {
      throw lastWords;
    }),
    task("thing", { output: new Dataset<number>("thing") }, (): number => {
      throw { code: 7 };
    }),
    task("nothing", { output: new Dataset<number>("nothing") }, () => Promise.reject<number>(undefined)),
  ],
  here,
);

/** Fails twice. */
export const retrying: AnyPipeline = new Pipeline(
  "kit_retrying",
  [
    task(
      "third_time",
      { output: new Dataset<number>("tries"), retries: { max: 3, ...soon } },
      (_, { attempt, log }) => {
        log.info(`attempt ${attempt}`);
        if (attempt < 3) throw new Error(`not in attempt ${attempt}`);
        return attempt;
      },
    ),
  ],
  here,
);

/** Fails every time. */
export const exhausting: AnyPipeline = new Pipeline(
  "kit_exhausting",
  [
    task(
      "hopeless",
      { output: new Dataset<number>("tries"), retries: { max: 2, ...soon } },
      (_, { attempt }): number => {
        throw new Error(`not in attempt ${attempt}`);
      },
    ),
  ],
  here,
);
