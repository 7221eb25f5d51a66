/** What a tiny task costs end to end: 500 tasks of one value each, with manifests and journal, in memory and on disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dataset, Pipeline, task } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { type Bench, interleaved, timed } from "./measure.ts";

const size = 500;

const bench: Bench = {
  name: "tasks",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    const datasets = Array.from({ length: size }, (_, i) => new Dataset<number>(`d${i}`));
    const pipeline = new Pipeline(
      "tiny",
      datasets.map((output, i) =>
        task(`t${i}`, { inputs: i < 10 ? {} : { a: datasets[i - 10] as Dataset<number> }, output }, () => i),
      ),
    );
    const run = (storage: string) => async () =>
      ((await timed(() => pipeline.run({ executor: new LocalExecutor({ storage }) }))) * 1000) / size;
    try {
      const took = await interleaved(5, { memory: run("memory"), disk: run(folder) });
      return {
        rows: [
          { label: "a tiny task, in memory", value: took.memory, unit: "µs" },
          { label: "a tiny task, on disk (4 fsyncs)", value: took.disk, unit: "µs" },
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default bench;
