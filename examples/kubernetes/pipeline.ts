import { Dataset, ndjson, Pipeline, storage, task } from "@glacier/core";
import { z } from "zod";

const Order = z.object({ id: z.string(), country: z.string(), amount: z.number() });
const ByCountry = z.record(z.string(), z.number());

/** A source: here a file beside this one, in the cluster an object (see `bindings` in glacier.config.ts). */
const orders = new Dataset("orders", {
  schema: Order,
  format: ndjson(),
  storage: storage.localFs({ basePath: "data", key: "orders.ndjson" }),
});
const sales = new Dataset("sales", { schema: Order, format: ndjson() });
const refunds = new Dataset("refunds", { schema: Order, format: ndjson() });
const revenue = new Dataset("revenue", { schema: ByCountry });
const refunded = new Dataset("refunded", { schema: ByCountry });
const report = new Dataset("report", { schema: z.array(z.object({ country: z.string(), net: z.number() })) });

const split = task(
  "split",
  { inputs: { orders }, output: { sales, refunds }, retries: 2, timeout: 600 },
  async ({ orders }) => {
    const all = await orders.toArray();
    return { sales: all.filter(({ amount }) => amount > 0), refunds: all.filter(({ amount }) => amount <= 0) };
  },
);
const sum = task("sum", { inputs: { sales }, output: revenue }, ({ sales }) => byCountry(sales));
const sumRefunds = task("sum_refunds", { inputs: { refunds }, output: refunded }, ({ refunds }) => byCountry(refunds));
const write = task("write", { inputs: { revenue, refunded }, output: report }, ({ revenue, refunded }) =>
  Object.entries(revenue)
    .map(([country, amount]) => ({ country, net: amount + (refunded[country] ?? 0) }))
    .sort((a, b) => b.net - a.net),
);

async function byCountry(orders: AsyncIterable<z.infer<typeof Order>>): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  for await (const { country, amount } of orders) total[country] = (total[country] ?? 0) + amount;
  return total;
}

export const pipeline = new Pipeline("orders", [split, sum, sumRefunds, write], {
  module: import.meta.url,
  schedule: { cron: "0 3 * * *", timeZone: "Europe/Berlin" },
});
