import { createRegistry, createStore, Dataset, Pipeline, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { expect, test } from "vitest";
import { drawerStorage, provider } from "../src/index.ts";

const storage = drawerStorage({ name: "sums" });
const numbers = new Dataset<number[]>("numbers", { storage });
const total = new Dataset<number>("total", { storage });
const make = task("make", { output: numbers }, () => [1, 2, 3]);
const sum = task("sum", { inputs: { numbers }, output: total }, ({ numbers }) => numbers.reduce((a, b) => a + b, 0));
const pipeline = new Pipeline("sums", [make, sum]);

test("a pipeline keeps its data here", async () => {
  const registry = createRegistry([provider]);
  const { datasets } = await pipeline.run({ executor: new LocalExecutor({ storage: "memory" }), registry });
  expect(datasets["total"]?.uri).toBe("drawer://sums/total.json");

  const store = createStore(registry.storage(storage));
  expect((await store.readJson("total.json"))?.value).toBe(6);
});
