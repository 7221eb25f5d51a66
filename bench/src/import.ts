/** `import "@glacier/core"` (the build) over bare Node: time and memory of whole processes, interleaved. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Bench, interleaved } from "./measure.ts";

const core = new URL("../../packages/core/dist/index.mjs", import.meta.url);

const bench: Bench = {
  name: "import",
  async run() {
    if (!existsSync(fileURLToPath(core))) throw new Error("packages/core is not built: pnpm build first");
    const memory = { bare: [] as number[], core: [] as number[] };
    const run = (name: "bare" | "core", code: string) => () => {
      const report = "console.log(JSON.stringify([performance.now() - t, process.memoryUsage.rss() / 1048576]))";
      const script = `const t = performance.now(); ${code}; ${report}`;
      const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
      const [ms = 0, rss = 0] = JSON.parse(stdout);
      memory[name].push(rss);
      return ms as number;
    };
    const took = await interleaved(31, {
      bare: run("bare", ""),
      core: run("core", `await import(${JSON.stringify(core.href)})`),
    });
    const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
    const ms = took.core - took.bare;
    const mib = middle(memory.core) - middle(memory.bare);
    return {
      rows: [
        { label: "@glacier/core, over bare Node", value: ms, unit: "ms", target: "≤ 6 ms", ok: ms <= 6 },
        { label: "@glacier/core, over bare Node", value: mib, unit: "MiB", target: "≤ 3 MiB", ok: mib <= 3 },
      ],
    };
  },
};

export default bench;
