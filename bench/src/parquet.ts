/**
 * Reading 1,000,000 rows × 6 columns of parquet from a file through byte ranges, each way in child processes of its own:
 * `parquet().decode` against hyparquet's rows, row group by row group (floor) and all at once (peer). Medians of
 * interleaved runs; memory is the largest resident set of a process that reads the file once.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ByteSource, CodecContext, Column } from "../../packages/core/src/index.ts";
import { parquet } from "../../packages/formats/src/index.ts";

const rowCount = 1_000_000;
const rounds = 5;
const runsEach = 3;
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

const bench: { name: string; run(): Promise<{ rows: Row[] }> } = {
  name: "parquet",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    try {
      const path = join(folder, "rows.parquet");
      const wrote = await write(path);
      const times: Record<Way, number[]> = { glacier: [], hyparquet: [], hyparquetAtOnce: [] };
      for (let round = 0; round < rounds; round++) {
        for (const way of ways) times[way].push(child(way, path, runsEach).ms);
      }
      const peak = Math.max(...[1, 2, 3].map(() => child("glacier", path, 1).peakMiB));
      const [value, floor, peer] = ways.map(median);
      function median(way: Way): number {
        return times[way].sort((a, b) => a - b)[times[way].length >> 1] ?? Number.NaN;
      }
      if (value === undefined || floor === undefined || peer === undefined) throw new Error("nothing was measured");
      return {
        rows: [
          {
            label: "read 1M × 6 (floor: hyparquet by row group, peer: at once)",
            value,
            unit: "ms",
            floor,
            peer,
            target: "≤ 1.05× hyparquet",
            ok: value <= 1.05 * floor,
          },
          {
            label: "peak memory of that",
            value: peak,
            unit: "MiB",
            floor: child("hyparquet", path, 1).peakMiB,
            peer: child("hyparquetAtOnce", path, 1).peakMiB,
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

interface Row {
  label: string;
  value: number;
  unit: string;
  floor?: number;
  peer?: number;
  target?: string;
  ok?: boolean;
}

const ways = ["glacier", "hyparquet", "hyparquetAtOnce"] as const;
type Way = (typeof ways)[number];

interface Measured {
  ms: number;
  peakMiB: number;
}

/** Reads the file `runs` times in a process of its own; the time is the best one's. */
function child(way: Way, path: string, runs: number): Measured {
  const args = ["--conditions=@glacier/source", new URL(import.meta.url).pathname, way, path, String(runs)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Measured;
}

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
    const { parquetMetadataAsync, parquetReadObjects } = await hyparquet();
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
    const { parquetReadObjects } = await hyparquet();
    const { source, close } = await fileSource(path);
    const rows = await parquetReadObjects({ file: asyncBuffer(source) });
    await close();
    return rows.length;
  },
};

interface AsyncBuffer {
  byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}
interface Hyparquet {
  parquetMetadataAsync(file: AsyncBuffer): Promise<{ row_groups: { num_rows: bigint }[] }>;
  parquetReadObjects(options: {
    file: AsyncBuffer;
    metadata?: unknown;
    rowStart?: number;
    rowEnd?: number;
  }): Promise<unknown[]>;
}

/** The very copy that the formats use. */
function hyparquet(): Promise<Hyparquet> {
  const formatsRequire = createRequire(new URL("../../packages/formats/package.json", import.meta.url));
  return import(pathToFileURL(formatsRequire.resolve("hyparquet")).href);
}

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

async function write(path: string): Promise<number> {
  const handle = await open(path, "w");
  const started = performance.now();
  for await (const bytes of parquet().encode(batches(), context)) await handle.write(bytes);
  const took = performance.now() - started;
  await handle.close();
  return took;
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

const [, script, way, path, runs] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href && path !== undefined) {
  console.log(JSON.stringify(await measure(way as Way, path, Number(runs))));
}
