import { expect, it } from "vitest";
import { createWorld } from "../../test/memory.ts";
import { Dataset, type Executor, GlacierError, Pipeline, task } from "../index.ts";

function counted(more: Partial<Executor> = {}) {
  let closed = 0;
  const executor: Executor = { ...createWorld().executor, ...more, close: async () => void closed++ };
  return { executor, closed: () => closed };
}

const single = (name: string, work: () => number | Promise<number>) =>
  new Pipeline(name, [task("work", { output: new Dataset<number>("out") }, work)]);

it("of two runs at once on one executor the last to end closes it, and a later one again", async () => {
  const { executor, closed } = counted();
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<number>();
  const long = single("long", () => {
    begun.resolve();
    return gate.promise;
  }).run({ executor });
  await begun.promise;
  const short = single("short", () => 1);
  await short.run({ executor });
  expect(closed(), "while the other is under way").toBe(0);
  gate.resolve(2);
  await long;
  expect(closed()).toBe(1);
  await short.run({ executor });
  expect(closed()).toBe(2);
});

it("a run that is refused before it starts closes what it was checked with", async () => {
  const refusal = new GlacierError("OPTION_INVALID", { message: "no", hint: "no" });
  const { executor, closed } = counted({ check: () => [refusal] });
  await expect(single("refused", () => 1).run({ executor })).rejects.toBe(refusal);
  expect(closed()).toBe(1);
});
