/**
 * Pipelines of 50 and 1,000 tasks as Terraform, the bundle of their code being there: whole processes, from the start of Node
 * to the last file. Floor: a plain script that prints, hashes and writes the same files. Both are bundled beforehand, so that
 * no types are stripped on the way. (A peer would be aws-cdk-lib, too large a dependency to have for this.) Then the bundle:
 * the flights example by @glacier/bundler, and by a single plain build of esbuild's.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "@glacier/bundler";
import { build } from "esbuild";
import { asJavaScript } from "./as-javascript.ts";
import { compiler } from "./aws-compile/pipeline.ts";
import { type Bench, inProcess, interleaved, median, type Row, timed } from "./measure.ts";

const rounds = 5;
const conditions = ["@glacier/source"];

const bench: Bench = {
  name: "aws-compile",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "glacier-bench-"));
    try {
      const scripts = {
        mine: await script("pipeline", "compileTo", folder),
        floor: await script("by-hand", "writeTo", folder),
      };
      const rows: Row[] = [];
      for (const size of [50, 1000]) {
        const compiled = join(folder, String(size));
        await compiler(size)(compiled);
        const rss: Record<"mine" | "floor", number[]> = { mine: [], floor: [] };
        const seconds = (which: "mine" | "floor", argument: string) => () => {
          const run = inProcess<{ seconds: number; rssMiB: number }>(scripts[which], argument, join(folder, "out"));
          rss[which].push(run.rssMiB);
          return run.seconds * 1000;
        };
        const took = await interleaved(rounds, {
          mine: seconds("mine", String(size)),
          floor: seconds("floor", compiled),
        });
        const label = `${size.toLocaleString("en")} tasks to Terraform`;
        rows.push(
          {
            label,
            value: took.mine,
            unit: "ms",
            floor: took.floor,
            target: "≤ 2 ×",
            ok: took.mine <= 2 * took.floor,
          },
          {
            label: `${label}: peak memory`,
            value: median(rss.mine),
            unit: "MiB",
            floor: median(rss.floor),
            target: "< 120 MiB",
            ok: median(rss.mine) < 120,
          },
        );
      }
      rows.push(await bundling());
      return { rows };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
export default bench;

async function bundling(): Promise<Row> {
  const module = fileURLToPath(new URL("../../examples/flights/pipeline.ts", import.meta.url));
  const took = await interleaved(rounds, {
    mine: () => timed(() => bundle({ module, conditions })),
    floor: () =>
      timed(() =>
        build({
          entryPoints: [module],
          bundle: true,
          platform: "node",
          format: "esm",
          conditions,
          sourcemap: "external",
          outdir: "out",
          write: false,
          logLevel: "silent",
        }),
      ),
  });
  return {
    label: "the bundle of flights (floor: esbuild)",
    value: took.mine,
    unit: "ms",
    floor: took.floor,
    target: "≤ 1.1 ×",
    ok: took.mine <= 1.1 * took.floor,
  };
}

/** A script of aws-compile/ that calls one of its functions with its arguments; answers its URL. */
function script(name: string, work: string, folder: string): Promise<string> {
  const module = fileURLToPath(new URL(`./aws-compile/${name}.ts`, import.meta.url));
  const entry = `import { ${work} } from "glacier:pipeline";
const [input, folder] = process.argv.slice(2);
await ${work}(input, folder);
console.log(JSON.stringify({ seconds: performance.now() / 1000, rssMiB: process.resourceUsage().maxRSS / 1024 }));`;
  return asJavaScript({ module, entry, external: ["@aws-sdk", "@glacier/bundler"] }, join(folder, `${name}.mjs`));
}
