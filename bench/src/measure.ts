import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** One line of the table. */
export interface Row {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** The same work with as little as possible. */
  readonly floor?: number;
  /** The same work with a library that people use for it. */
  readonly peer?: number;
  readonly target?: string;
  readonly ok?: boolean;
}

/** What a bench module exports by default. */
export interface Bench {
  readonly name: string;
  run(): Promise<{ rows: Row[] }>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Takes turns, so that a slow moment of the machine hits all alike; the first turn of each only warms up. */
export async function interleaved<N extends string>(
  rounds: number,
  runs: Record<N, () => Promise<number> | number>,
): Promise<Record<N, number>> {
  const names = Object.keys(runs) as N[];
  const took = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const value = await runs[name]();
      if (round > 0) took[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(took[name])])) as Record<N, number>;
}

/** Milliseconds that a call took. */
export async function timed(call: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/** Runs a script of this folder in a process of its own and takes its last line as JSON. */
export function inProcess<T>(script: string, ...args: string[]): T {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--conditions=@glacier/source", "--expose-gc", path, ...args],
    {
      encoding: "utf8",
      maxBuffer: 1e9,
    },
  );
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}
