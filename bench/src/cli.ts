/**
 * Start-up of the built command line: `glacier --help` and `glacier run` of a one-task pipeline, as processes from start to
 * end, against `node -e 0` (floor). Medians of interleaved runs, after one of each that fills the compile cache.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const rounds = 15;
const packages = fileURLToPath(new URL("../../packages", import.meta.url));
const main = join(packages, "cli/dist/main.mjs");

const bench: { name: string; run(): Promise<{ rows: Row[] }> } = {
  name: "command line",
  async run() {
    for (const name of ["core", "local", "cli"]) {
      if (!existsSync(join(packages, name, "dist"))) throw new Error(`packages/${name} is not built: pnpm build first`);
    }
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-cli-"));
    try {
      writeProject(folder);
      const took = medians({ bare: ["-e", "0"], help: [main, "--help"], run: [main, "run"] }, folder);
      const more = took.run - took.bare;
      return {
        rows: [
          {
            label: "glacier --help",
            value: took.help,
            unit: "ms",
            floor: took.bare,
            target: "≤ 1.5× node -e 0",
            ok: took.help <= 1.5 * took.bare,
          },
          {
            label: "glacier run, one task",
            value: took.run,
            unit: "ms",
            floor: took.bare,
            target: "≤ node -e 0 + 250 ms",
            ok: more <= 250,
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

function writeProject(folder: string): void {
  mkdirSync(join(folder, "node_modules/@glacier"), { recursive: true });
  for (const name of ["core", "local"]) {
    symlinkSync(join(packages, name), join(folder, "node_modules/@glacier", name), "junction");
  }
  const dependencies = { "@glacier/core": "*", "@glacier/local": "*" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", dependencies }));
  writeFileSync(
    join(folder, "pipeline.ts"),
    `import { Dataset, Pipeline, task } from "@glacier/core";
const answer = new Dataset<number>("answer");
export const pipeline = new Pipeline("bench", [task("think", { output: answer }, (): number => 42)]);
`,
  );
}

/** Milliseconds. */
function medians<K extends string>(commands: Record<K, string[]>, cwd: string): Record<K, number> {
  const names = Object.keys(commands) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, commands[name], { cwd, encoding: "utf8" });
      const ms = performance.now() - start;
      if (status !== 0) throw new Error(`${commands[name].join(" ")} ended with ${status}: ${stderr}`);
      if (round > 0) times[name].push(ms);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
}
