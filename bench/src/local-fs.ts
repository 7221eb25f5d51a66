/**
 * A 256 MiB copy through the LocalFS adapter (`read` into `write`) against Node's own streams with 1 MiB chunks (floor).
 * Both write a new file and end in an fsync of it and of its folder, since the adapter never goes without. (Replacing a
 * file would compare memory, not copying: streams write over its cached pages, a rename needs new ones.)
 * Medians of interleaved runs.
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { localFs } from "../../packages/local/src/storage/index.ts";

const megabytes = 256;
const small = 500;
const rounds = 7;

const bench: { name: string; run(): Promise<{ rows: Row[] }> } = {
  name: "LocalFS",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    try {
      const chunk = Buffer.alloc(1024 * 1024, 7);
      writeFileSync(join(folder, "source"), Buffer.concat(Array.from({ length: megabytes }, () => chunk)));
      const adapter = localFs({ kind: "localFs", basePath: folder });
      const clear = (): void => {
        for (const name of ["by-streams", "by-adapter"]) rmSync(join(folder, name), { force: true });
      };
      const copies = {
        streams: () => copyByStreams(join(folder, "source"), join(folder, "by-streams"), folder),
        adapter: async () => adapter.write("by-adapter", (await adapter.read("source")).body),
      };
      const writes = {
        smallByHand: () => writeSmallByHand(folder),
        smallByAdapter: async () => {
          for (let i = 0; i < small; i++) await adapter.write(`small-${i % 10}`, once(chunk.subarray(0, 1000)));
        },
      };
      const took = { ...(await medians(copies, clear)), ...(await medians(writes, clear)) };
      const [mine = Number.NaN, floor = Number.NaN] = [took["adapter"], took["streams"]];
      const perWrite = (name: string): number => ((took[name] ?? Number.NaN) * 1000) / small;
      return {
        rows: [
          {
            label: `copy of ${megabytes} MiB`,
            value: mine,
            unit: "ms",
            floor,
            target: "≤ 1.2× Node streams",
            ok: mine <= 1.2 * floor,
          },
          {
            label: "write of 1,000 bytes (floor: temp file, fsync, rename, fsync)",
            value: perWrite("smallByAdapter"),
            unit: "µs",
            floor: perWrite("smallByHand"),
          },
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

async function copyByStreams(from: string, to: string, folder: string): Promise<void> {
  const highWaterMark = 1024 * 1024;
  await pipeline(createReadStream(from, { highWaterMark }), createWriteStream(to, { highWaterMark, flush: true }));
  await syncFolder(folder);
}

async function writeSmallByHand(folder: string): Promise<void> {
  for (let i = 0; i < small; i++) {
    const file = await open(join(folder, "temp"), "w");
    await file.write(Buffer.alloc(1000, 7));
    await file.sync();
    await file.close();
    await rename(join(folder, "temp"), join(folder, `hand-${i % 10}`));
    await syncFolder(folder);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync();
  await handle.close();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Milliseconds each, in turns, the first turn not counted. `before` each one is not timed. */
async function medians(
  all: Record<string, () => Promise<unknown>>,
  before: () => void,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let turn = 0; turn <= rounds; turn++) {
    for (const [name, run] of Object.entries(all)) {
      before();
      const started = performance.now();
      await run();
      times[name] = [...(times[name] ?? []), ...(turn > 0 ? [performance.now() - started] : [])];
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN]),
  );
}
