// Does what docs/writing-a-provider.md says, as it stands there: in an empty folder, with the packed packages, in one shell, from
// top to bottom. Writes each file that the page shows, runs each `sh` block, and looks in its output for the `text` block behind it.
//
// Packages must be built; pnpm must be on the PATH.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pageBlocks } from "./page-blocks.ts";
import { startRegistry } from "./registry.ts";

const page = readFileSync(new URL("../docs/writing-a-provider.md", import.meta.url), "utf8");
const blocks = pageBlocks(page);
/** Says on stdout where a block's output ends: nothing else prints it. */
const marker = `end of block ${crypto.randomUUID()}`;

await using registry = await startRegistry();
const folder = mkdtempSync(join(tmpdir(), "glacier-page-"));
try {
  const outputs = (await runShell(script())).split(`${marker}\n`);
  checkOutputs(outputs);
  checkTests(outputs.join(""));
} finally {
  stopServer(join(folder, "orders", "redis.pid"));
  rmSync(folder, { recursive: true, force: true });
}
console.log("\n✓ the page does what it says");

/** The page as one script: `cd` and `export` go on, as they do for a reader. */
function script(): string {
  const steps = blocks.map(({ path, language, text }) => {
    if (path !== undefined) return `mkdir -p "$(dirname '${path}')"\ncat > '${path}' <<'${marker}'\n${text}${marker}\n`;
    if (language === "sh") return `${text}echo '${marker}'\n`;
    return "";
  });
  return `set -euo pipefail\n${steps.join("")}`;
}

function runShell(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...registry.env, CI: "true", NO_COLOR: "1" };
    const bash = spawn("bash", ["-c", script], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    bash.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process.stdout.write(text.replaceAll(marker, "✓"));
    });
    bash.on("error", reject);
    bash.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`a step failed: exit code ${code}`))));
  });
}

/** Each line of a `text` block is a part of the output of the `sh` block before it, in order; `…` stands for anything. */
function checkOutputs(outputs: readonly string[]): void {
  let ran = -1;
  for (const { language, path, text } of blocks) {
    if (language === "sh") ran++;
    if (language !== "text" || path !== undefined) continue;
    const literal = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const wanted = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split("…").map(literal).join(".*"));
    if (new RegExp(wanted.join("[\\s\\S]*?")).test(outputs[ran] ?? "")) continue;
    throw new Error(`the page promises\n${text}\nbut the output was\n${outputs[ran]}`);
  }
}

/** That tests ran, and that each one that didn't has a reason. */
function checkTests(output: string): void {
  const ran = output.match(/^ +✓ .+ > .+$/gm)?.length ?? 0;
  const skipped = output.match(/^ +↓ .+$/gm) ?? [];
  const silent = skipped.filter((line) => !/ \[.+\]$/.test(line));
  if (ran < 100) throw new Error(`only ${ran} tests ran`);
  if (silent.length > 0) throw new Error(`skipped without a reason:\n${silent.join("\n")}`);
  console.log(`\n${ran} tests of the provider passed, ${skipped.length} don't apply`);
}

/** The page ends its Redis itself, unless a step before that failed. */
function stopServer(pidFile: string): void {
  try {
    process.kill(Number(readFileSync(pidFile, "utf8")));
  } catch {
    // It has ended, or was never started.
  }
}
