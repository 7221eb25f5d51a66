// One measurement of ../stream.ts, in a process of its own: three passes over the file, by hand or as a pipeline.
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline as streams } from "node:stream/promises";
import { Dataset, ndjson, Pipeline, storage, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";

interface Row {
  id: number;
  country: string;
  amount: number;
}

const [, , how = "glacier", folder = ""] = process.argv;

const source = new Dataset<Row, "rows">("source", {
  format: ndjson(),
  storage: storage.localFs({ basePath: join(folder, "in") }),
});
const taxed = new Dataset<Row, "rows">("taxed", { format: ndjson() });
const large = new Dataset<Row, "rows">("large", { format: ndjson() });
const total = new Dataset<number>("total");

const pipeline = new Pipeline("stream", [
  task("tax", { inputs: { source }, output: taxed }, async function* ({ source }) {
    for await (const row of source) yield { ...row, amount: row.amount * 1.2 };
  }),
  task("filter", { inputs: { taxed }, output: large }, async function* ({ taxed }) {
    for await (const row of taxed) if (row.amount > 30) yield row;
  }),
  task("sum", { inputs: { large }, output: total }, async ({ large }) => {
    let sum = 0;
    for await (const { amount } of large) sum += amount;
    return sum;
  }),
]);

async function* lines(path: string): AsyncGenerator<Row> {
  for await (const line of createInterface({ input: createReadStream(path) })) yield JSON.parse(line);
}

async function byHand(): Promise<void> {
  const write = (path: string, rows: AsyncIterable<Row>) =>
    streams(
      Readable.from(
        (async function* () {
          for await (const row of rows) yield `${JSON.stringify(row)}\n`;
        })(),
      ),
      createWriteStream(path),
    );
  const at = (name: string) => join(folder, `${name}.ndjson`);
  await write(
    at("taxed"),
    (async function* () {
      for await (const row of lines(join(folder, "in", "source.ndjson"))) yield { ...row, amount: row.amount * 1.2 };
    })(),
  );
  await write(
    at("large"),
    (async function* () {
      for await (const row of lines(at("taxed"))) if (row.amount > 30) yield row;
    })(),
  );
  let sum = 0;
  for await (const { amount } of lines(at("large"))) sum += amount;
  if (!(sum > 0)) throw new Error("no sum");
}

const start = performance.now();
if (how === "hand") await byHand();
else await pipeline.run({ executor: new LocalExecutor({ storage: join(folder, "out") }) });
console.log(
  JSON.stringify({ seconds: (performance.now() - start) / 1000, rssMiB: process.resourceUsage().maxRSS / 1024 }),
);
