import { compute, Dataset, ndjson, Pipeline, storage, task } from "@glacier/core";

interface Row {
  n: number;
  text: string;
}

const folder = process.argv[2] ?? "";
const source = new Dataset<Row, "rows">("source", {
  format: ndjson(),
  storage: storage.localFs({ basePath: `${folder}/in` }),
});
const doubled = new Dataset<Row, "rows">("doubled", { format: ndjson({ compression: "gzip" }) });
const small = new Dataset<Row, "rows">("small", { format: ndjson() });
const large = new Dataset<Row, "rows">("large", { format: ndjson() });
const sums = new Dataset<Record<string, number>>("sums");
const report = new Dataset<{ small: number; large: number; sums: Record<string, number> }>("report");

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Rows, values, two outputs of one task, fan-out, fan-in, a command, and pauses to be killed in. */
export const pipeline: Pipeline<"local"> = new Pipeline(
  "crash",
  [
    task("double", { inputs: { source }, output: doubled }, async function* ({ source }) {
      for await (const row of source) {
        if (row.n % 500 === 0) await pause(1);
        yield { ...row, n: row.n * 2 };
      }
    }),
    task("split", { inputs: { doubled }, output: { small, large } }, async ({ doubled }) => {
      const rows = await doubled.toArray();
      await pause(3);
      return { small: rows.filter(({ n }) => n < 2000), large: rows.filter(({ n }) => n >= 2000) };
    }),
    task("sum", { inputs: { doubled }, output: sums, compute: compute.local() }, async ({ doubled }) => {
      const sums: Record<string, number> = {};
      for await (const { n, text } of doubled) sums[text] = (sums[text] ?? 0) + n;
      await pause(2);
      return sums;
    }),
    task("report", { inputs: { small, large, sums }, output: report }, async ({ small, large, sums }) => ({
      small: (await small.toArray()).length,
      large: (await large.toArray()).length,
      sums,
    })),
  ],
  { module: import.meta.url },
);
