/**
 * Reading 1,000,000 rows × 6 columns of parquet from a file through byte ranges, each way in child processes of its own:
 * `parquet().decode` against hyparquet's rows, row group by row group (floor) and all at once (peer). Medians of
 * interleaved runs; memory is the largest resident set of a process that reads the file once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ByteSource, CodecContext, Column } from "@glacier/core";
import { parquet } from "@glacier/formats";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { type Bench, inProcess, interleaved, timed } from "./measure.ts";

const rowCount = 1_000_000;
const rounds = 5;
const runsEach = 5;
const memoryLimit = 250;

const column = (name: string, type: Column["type"], nullable = false): Column => ({
  name,
  type,
  nullable,
  optional: false,
});
const context: CodecContext = {
  dataset: "bench",
  columns: [
    column("id", "number"),
    column("name", "string"),
    column("price", "number", true),
    column("active", "boolean"),
    column("city", "string"),
    column("at", "date"),
  ],
};

const bench: Bench = {
  name: "parquet",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    try {
      const path = join(folder, "rows.parquet");
      const wrote = await timed(() => write(path));
      const child = (way: Way, runs: number): Measured => inProcess("parquet.ts", way, path, String(runs));
      const took = await interleaved(rounds, {
        glacier: () => child("glacier", runsEach).ms,
        hyparquet: () => child("hyparquet", runsEach).ms,
        hyparquetAtOnce: () => child("hyparquetAtOnce", runsEach).ms,
      });
      const peak = Math.max(...[1, 2, 3].map(() => child("glacier", 1).peakMiB));
      return {
        rows: [
          {
            label: "read 1M × 6 (floor: hyparquet by row group, peer: at once)",
            value: took.glacier,
            unit: "ms",
            floor: took.hyparquet,
            peer: took.hyparquetAtOnce,
            target: "≤ 1.05× hyparquet",
            ok: took.glacier <= 1.05 * took.hyparquet,
          },
          {
            label: "peak memory of that",
            value: peak,
            unit: "MiB",
            floor: child("hyparquet", 1).peakMiB,
            peer: child("hyparquetAtOnce", 1).peakMiB,
            target: `≤ ${memoryLimit} MiB`,
            ok: peak <= memoryLimit,
          },
          { label: "write 1M × 6", value: wrote, unit: "ms" },
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
export default bench;

type Way = "glacier" | "hyparquet" | "hyparquetAtOnce";

interface Measured {
  ms: number;
  peakMiB: number;
}

/** Reads the file `runs` times; the time is the best one's. */
async function measure(way: Way, path: string, runs: number): Promise<Measured> {
  let ms = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    const rows = await read[way](path);
    if (rows !== rowCount) throw new Error(`${way} read ${rows} rows`);
    ms = Math.min(ms, performance.now() - started);
  }
  return { ms, peakMiB: process.resourceUsage().maxRSS / 1024 };
}

const read: Readonly<Record<Way, (path: string) => Promise<number>>> = {
  async glacier(path) {
    const { source, close } = await fileSource(path);
    let rows = 0;
    for await (const batch of parquet().decode(source, context)) rows += batch.length;
    await close();
    return rows;
  },
  async hyparquet(path) {
    const { source, close } = await fileSource(path);
    const file = asyncBuffer(source);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      rowStart += (await parquetReadObjects({ file, metadata, rowStart, rowEnd })).length;
    }
    await close();
    return rowStart;
  },
  async hyparquetAtOnce(path) {
    const { source, close } = await fileSource(path);
    const rows = await parquetReadObjects({ file: asyncBuffer(source) });
    await close();
    return rows.length;
  },
};

function asyncBuffer({ size = 0, range }: ByteSource): AsyncBuffer {
  if (range === undefined) throw new Error("no ranges");
  return { byteLength: size, slice: async (start, end = size) => (await range(start, end)).buffer as ArrayBuffer };
}

async function fileSource(path: string): Promise<{ source: ByteSource; close: () => Promise<void> }> {
  const handle = await open(path);
  const range = async (start: number, end: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(end - start);
    await handle.read(bytes, 0, bytes.length, start);
    return bytes;
  };
  const source: ByteSource = { size: (await stat(path)).size, range, stream: () => handle.createReadStream() };
  return { source, close: () => handle.close() };
}

async function write(path: string): Promise<void> {
  const handle = await open(path, "w");
  for await (const bytes of parquet().encode(batches(), context)) await handle.write(bytes);
  await handle.close();
}

async function* batches(): AsyncGenerator<unknown[]> {
  const cities = ["Paris", "Lyon", "Nantes", "Lille", "Nice"];
  for (let start = 0; start < rowCount; start += 4000) {
    yield Array.from({ length: 4000 }, (_, offset) => {
      const i = start + offset;
      return {
        id: i,
        name: `customer ${(i * 31) % 50_000}`,
        price: i % 11 === 0 ? null : ((i * 7919) % 100_000) / 100,
        active: i % 3 === 0,
        city: cities[i % 5],
        at: new Date(1_700_000_000_000 + i * 1000),
      };
    });
  }
}

if (import.meta.main) {
  const [way, path = "", runs] = process.argv.slice(2);
  console.log(JSON.stringify(await measure(way as Way, path, Number(runs))));
}
