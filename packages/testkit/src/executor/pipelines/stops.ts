import { type AnyPipeline, Dataset, Pipeline, task } from "@glacier/core";
import { pause, untilStopped } from "./wait.ts";

const here = { module: import.meta.url };

/** What a task logs that waits to be stopped. */
export const underWay = "under way";

/** Takes longer than its timeout, but heeds its signal. */
export const heeding: AnyPipeline = new Pipeline(
  "kit_heeding",
  [task("waits", { output: new Dataset<number>("late"), timeout: 2 }, (_, { signal }) => untilStopped(signal))],
  here,
);

/** Takes longer than its timeout, whatever its signal says. */
export const ignoring: AnyPipeline = new Pipeline(
  "kit_ignoring",
  [
    task("waits", { output: new Dataset<number>("late"), timeout: 2 }, async () => {
      await pause();
      return 1;
    }),
  ],
  here,
);

/** Lets nothing else in its thread go on: not even a timer. */
export const blocking: AnyPipeline = new Pipeline(
  "kit_blocking",
  [
    task("spins", { output: new Dataset<number>("late"), timeout: 2 }, () => {
      const end = Date.now() + 30_000;
      while (Date.now() < end);
      return 1;
    }),
  ],
  here,
);

/** Says whether `wait` waits for its signal; a source, so that a resumed run may find another answer. */
export const gate: Dataset<boolean> = new Dataset<boolean>("gate");
const before = new Dataset<number>("before");
const during = new Dataset<number>("during");

/** Stopped in its middle when the gate says so. */
export const stopping: AnyPipeline = new Pipeline(
  "kit_stopping",
  [
    task("first", { output: before }, () => 1),
    task("wait", { inputs: { before, gate }, output: during }, async ({ before, gate }, { signal, log }) => {
      log.info(underWay);
      if (gate) await untilStopped(signal);
      return before + 1;
    }),
    task("last", { inputs: { during }, output: new Dataset<number>("finally") }, ({ during }) => during + 1),
  ],
  here,
);

/** One fails while the other waits to be stopped. */
export const together: AnyPipeline = new Pipeline(
  "kit_together",
  [
    task("fails", { output: new Dataset<number>("bad") }, (): number => {
      throw new Error("down with all");
    }),
    task("waits", { output: new Dataset<number>("late") }, (_, { signal }) => untilStopped(signal)),
  ],
  here,
);

/** Two tasks that both wait to be stopped. */
export const abreast: AnyPipeline = new Pipeline(
  "kit_abreast",
  ["left", "right"].map((side) =>
    task(side, { output: new Dataset<number>(side), timeout: 25 }, (_, { signal, log }) => {
      log.info(underWay);
      return untilStopped(signal);
    }),
  ),
  here,
);

/** Independent tasks that say when they come and go. */
export const crowd: AnyPipeline = new Pipeline(
  "kit_crowd",
  ["a", "b", "c", "d", "e", "f"].map((name) =>
    task(name, { output: new Dataset<number>(`of_${name}`) }, async (_, { log }) => {
      log.info("in");
      await pause(50);
      log.info("out");
      return 1;
    }),
  ),
  here,
);
