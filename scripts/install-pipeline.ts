// The pipelines that check-install.ts writes into an empty project.

/** Two tasks and a parameter, over NDJSON in and JSON out. */
export const pipelineFiles: Readonly<Record<string, string>> = {
  "pipeline.ts": `import { Dataset, ndjson, Pipeline, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { z } from "zod";

const Order = z.object({ id: z.string(), country: z.string(), amount: z.number() });
const orders = new Dataset("orders", { schema: Order, format: ndjson() });
export const revenue = new Dataset<Record<string, number>>("revenue");

const make = task("make", { inputs: {}, output: orders }, () => [
  { id: "a", country: "FR", amount: 42 },
  { id: "b", country: "DE", amount: 1 },
]);
const sum = task(
  "sum",
  { inputs: { orders }, output: revenue, params: z.object({ least: z.coerce.number() }) },
  async ({ orders }, { params }) => {
    const total: Record<string, number> = {};
    for await (const { country, amount } of orders)
      if (amount >= params.least) total[country] = (total[country] ?? 0) + amount;
    return total;
  },
);

export const pipeline = new Pipeline("orders", [make, sum], { module: import.meta.url });

if (import.meta.main) {
  const result = await pipeline.run({ executor: new LocalExecutor(), params: { least: 10 } });
  console.log(result.status, result.datasets["revenue"]?.uri);
}
`,
};

/** Rows through csv and parquet. */
export const reportFiles: Readonly<Record<string, string>> = {
  "report.ts": `import { Dataset, Pipeline, task } from "@glacier/core";
import { csv, parquet } from "@glacier/formats";
import { z } from "zod";

const Row = z.object({ country: z.string(), amount: z.number() });
const table = new Dataset("table", { schema: Row, format: csv() });
const report = new Dataset("report", { schema: Row, format: parquet() });

const make = task("make", { inputs: {}, output: table }, () => [{ country: "FR", amount: 42 }]);
const copy = task("copy", { inputs: { table }, output: report }, ({ table }) => table);

export const pipeline = new Pipeline("report", [make, copy]);
`,
};
