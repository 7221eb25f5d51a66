import assert from "node:assert/strict";
import { test } from "node:test";
import { createRegistry } from "@glacier/core";
import { openDataset } from "@glacier/core/inspect";
import { LocalExecutor, local } from "@glacier/local";
import { pipeline } from "./pipeline.ts";

test("sums up what was sold, by country", async () => {
  const executor = new LocalExecutor({ storage: "memory" });
  const { datasets } = await pipeline.run({ executor });
  assert.equal(datasets["clean_orders"]?.rows, 5);

  const plan = pipeline.plan({ for: executor });
  const revenue = await openDataset({ plan, pipeline, registry: createRegistry([local]) }, "revenue");
  assert.deepEqual(await revenue.value(), { de: 120.5, fr: 122, us: 410.15 });
});
