/**
 * Worker threads: small calls in bulk, and one large buffer there, against raw `postMessage` (floor) and the pools that
 * people use (peers). One worker each; every row is the median of interleaved runs.
 */
import { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { Tinypool } from "tinypool";
import { createPool } from "../../packages/local/src/pool/index.ts";

const calls = 10_000;
const rounds = 5;
const megabytes = 64;

const url = (name: string): URL => new URL(`./pool/${name}.ts`, import.meta.url);

/** See {@link https://github.com/piscinajs/piscina}: `concurrentTasksPerWorker` is what it offers for small calls. */
const bench: { name: string; run(): Promise<{ rows: Row[] }> } = {
  name: "worker pool",
  async run() {
    const raw = new Worker(url("raw"));
    const bulk = createPool<number, number>({ module: url("glacier"), size: 1, concurrencyPerWorker: 64 });
    const single = createPool<number, number>({ module: url("glacier"), size: 1 });
    const buffers = createPool<ArrayBuffer, number>({ module: url("glacier"), size: 1 });
    const peer = { filename: url("peer").href, minThreads: 1, maxThreads: 1 };
    const piscina = new Piscina(peer);
    const piscinaMany = new Piscina({ ...peer, concurrentTasksPerWorker: 64 });
    const tinypool = new Tinypool(peer);
    const all: Record<string, () => Promise<unknown>> = {
      raw: () => rawBulk(raw),
      bulk: () => inBulk((value) => bulk.run(value)),
      single: () => inBulk((value) => single.run(value)),
      piscina: () => inBulk((value) => piscina.run(value)),
      piscinaMany: () => inBulk((value) => piscinaMany.run(value)),
      tinypool: () => inBulk((value) => tinypool.run(value)),
      rawOneByOne: () => rawOneByOne(raw),
      oneByOne: () => oneByOne((value) => bulk.run(value)),
      transferred: () => sendBuffers(buffers, true),
      copied: () => sendBuffers(buffers, false),
    };
    const took = await medians(all, rounds);
    await Promise.all([
      raw.terminate(),
      bulk.close(),
      single.close(),
      buffers.close(),
      piscina.destroy(),
      piscinaMany.destroy(),
      tinypool.destroy(),
    ]);

    const perCall = (name: string): number => ((took[name] ?? Number.NaN) * 1000) / calls;
    const floor = perCall("raw");
    const small = (label: string, name: string, target?: number): Row => ({
      label: `${calls} small calls at once: ${label}`,
      value: perCall(name),
      unit: "µs/call",
      floor,
      peer: perCall("piscinaMany"),
      ...(target !== undefined && { target: `≤ ${target}× raw`, ok: perCall(name) <= target * floor }),
    });
    return {
      rows: [
        small("raw postMessage", "raw"),
        small("pool, 64 per worker", "bulk", 2.5),
        { ...small("pool, 1 per worker (floor: raw, one after another)", "single"), floor: perCall("rawOneByOne") },
        small("piscina", "piscina"),
        small("piscina, 64 per worker", "piscinaMany"),
        small("tinypool", "tinypool"),
        {
          label: "one call after another: pool",
          value: perCall("oneByOne"),
          unit: "µs/call",
          floor: perCall("rawOneByOne"),
        },
        {
          label: `${megabytes} MiB buffer to a worker: transferred (floor: copied)`,
          value: took["transferred"] ?? Number.NaN,
          unit: "ms",
          floor: took["copied"] ?? Number.NaN,
          target: "≤ 0.5× copied",
          ok: (took["transferred"] ?? 1) <= 0.5 * (took["copied"] ?? 0),
        },
      ],
    };
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

function rawBulk(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    let left = calls;
    const onMessage = (): void => {
      if (--left > 0) return;
      worker.off("message", onMessage);
      resolve();
    };
    worker.on("message", onMessage);
    for (let i = 0; i < calls; i++) worker.postMessage(i);
  });
}

async function rawOneByOne(worker: Worker): Promise<void> {
  for (let i = 0; i < calls; i++) {
    await new Promise((resolve) => {
      worker.once("message", resolve);
      worker.postMessage(i);
    });
  }
}

async function inBulk(run: (value: number) => Promise<number>): Promise<void> {
  const results: Promise<number>[] = [];
  for (let i = 0; i < calls; i++) results.push(run(i));
  let sum = 0;
  for (const result of await Promise.all(results)) sum += result;
  if (sum !== (calls * (calls + 1)) / 2) throw new Error("a wrong answer");
}

async function oneByOne(run: (value: number) => Promise<number>): Promise<void> {
  for (let i = 0; i < calls; i++) await run(i);
}

async function sendBuffers(
  pool: { run(payload: ArrayBuffer, options: { transfer: ArrayBuffer[] }): Promise<number> },
  move: boolean,
): Promise<number> {
  const buffer = new ArrayBuffer(megabytes * 1024 * 1024);
  new Uint8Array(buffer).fill(1);
  const started = performance.now();
  await pool.run(buffer, { transfer: move ? [buffer] : [] });
  return performance.now() - started;
}

/** Milliseconds each, in turns, the first turn not counted. */
async function medians(all: Record<string, () => Promise<unknown>>, turns: number): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let turn = 0; turn <= turns; turn++) {
    for (const [name, run] of Object.entries(all)) {
      const started = performance.now();
      const own = await run();
      const time = typeof own === "number" ? own : performance.now() - started;
      times[name] = [...(times[name] ?? []), ...(turn > 0 ? [time] : [])];
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN]),
  );
}
