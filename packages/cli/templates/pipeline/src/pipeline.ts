import { Pipeline, task } from "@glacier/core";
import { cleanOrders, rawOrders, revenue } from "./datasets.ts";

// Rows stream through: this task needs the same memory for six orders and for six billion.
export const clean = task(
  "clean",
  { inputs: { orders: rawOrders }, output: cleanOrders, retries: 2 },
  async function* ({ orders }, { log }) {
    let refunds = 0;
    for await (const order of orders) {
      if (order.amount > 0) yield order;
      else refunds++;
    }
    log.info("left out refunds", { refunds });
  },
);

export const aggregate = task("aggregate", { inputs: { orders: cleanOrders }, output: revenue }, async ({ orders }) => {
  const byCountry: Record<string, number> = {};
  for await (const { country, amount } of orders) byCountry[country] = (byCountry[country] ?? 0) + amount;
  return byCountry;
});

export const pipeline = new Pipeline("my-pipeline", [clean, aggregate]);
