import { expect, it } from "vitest";
import { createRegistry, Dataset, GlacierError, ndjson, Pipeline, task } from "../src/index.ts";
import { attemptHere } from "../src/node/index.ts";
import { createWorld } from "./memory.ts";

const forever = new Promise<never>(() => {});
let begun: () => void = () => {};
const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
const table = (name: string) => new Dataset(name, { format: ndjson<number>() });

const pipeline = new Pipeline("p", [
  task("waits", { output: new Dataset<number>("a") }, () => {
    begun();
    return forever;
  }),
  task("yields", { output: table("b") }, async function* () {
    yield 1;
    begun();
    await forever;
  }),
  task("heeds", { output: new Dataset<number>("c") }, async (_, { signal }) => {
    begun();
    await until(signal);
    return 1;
  }),
  task("heeds_and_yields", { output: table("d") }, async function* (_, { signal }) {
    yield 1;
    begun();
    await until(signal);
  }),
]);

it.each([
  ["waits", true],
  ["yields", true],
  ["heeds", false],
  ["heeds_and_yields", false],
])("%s: whether its code goes on after its time is told: %s", async (name, goesOn) => {
  const world = createWorld();
  const registry = createRegistry(world.executor.providers ?? []);
  const source = { plan: pipeline.plan({ for: world.executor }), pipeline, registry };
  const run = { runId: "r", params: {}, segment: "000001", selected: "all" } as const;
  const over = new GlacierError("TASK_TIMEOUT", { message: "its time is over", hint: "-" });
  const time = new AbortController();
  begun = () => void setImmediate(() => time.abort(over));
  let abandoned = false;
  const host = {
    secret: async () => "",
    signal: time.signal,
    abandoned: () => {
      abandoned = true;
    },
  };
  await expect(attemptHere({ task: name, attempt: 1, run }, source, host)).rejects.toMatchObject({
    code: "TASK_TIMEOUT",
  });
  expect(abandoned).toBe(goesOn);
});
