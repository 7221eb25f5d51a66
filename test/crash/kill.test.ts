import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Manifest, storage } from "@glacier/core";
import { localFs } from "@glacier/local";
import { afterAll, expect, it } from "vitest";

const kills = 200;
/** Datasets' files, by what the pipeline calls them. */
const outputs = ["doubled.ndjson.gz", "small.ndjson", "large.ndjson", "sums.json", "report.json"];
const script = fileURLToPath(new URL("run.ts", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "glacier-kill-"));

afterAll(() => rmSync(root, { recursive: true, force: true }));

function prepare(name: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, "in"), { recursive: true });
  const rows = Array.from({ length: 3000 }, (_, n) => `${JSON.stringify({ n, text: `group ${n % 7}` })}\n`);
  writeFileSync(join(folder, "in", "source.ndjson"), rows.join(""));
  return folder;
}

/** Starts the run; kills it `killAfter` ms after it is ready, where told. Answers whether it came to its end, and how long that took. */
function start(folder: string, killAfter?: number): Promise<{ done: boolean; tookMs: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@glacier/source", script, folder], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    let ready = 0;
    child.stdout.on("data", (text: Buffer) => {
      output += text;
      if (ready > 0 || !output.includes("ready")) return;
      ready = performance.now();
      if (killAfter !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.stderr.on("data", (text: Buffer) => {
      errors += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (signal !== "SIGKILL" && code !== 0) reject(new Error(`the run failed: ${errors}`));
      else resolve({ done: output.includes("done"), tookMs: performance.now() - ready });
    });
  });
}

const bytesIn = (folder: string) =>
  Object.fromEntries(outputs.map((name) => [name, readFileSync(join(folder, "out", name)).toString("base64")]));

it(`kill -9 at random moments, then resume, ${kills} times: the bytes are those of an undisturbed run`, async () => {
  const calm = prepare("calm");
  const { tookMs } = await start(calm);
  const expected = bytesIn(calm);

  let killed = 0;
  let inTheMiddle = 0;
  for (let round = 0; killed < kills; round++) {
    const folder = prepare(`round-${round}`);
    for (let attempt = 0; ; attempt++) {
      // Spread over the whole run, beginning and end included.
      const killAfter = killed < kills ? Math.random() * tookMs * 1.1 : undefined;
      const { done } = await start(folder, killAfter);
      if (done) break;
      killed++;
      if (attempt > 0 || readdirSync(folder).includes("out")) inTheMiddle++;
    }
    expect(bytesIn(folder), `round ${round}`).toEqual(expected);
    await expectSound(folder);
    rmSync(folder, { recursive: true });
  }
  expect(killed).toBeGreaterThanOrEqual(kills);
  expect(inTheMiddle).toBeGreaterThan(kills / 4);
}, 1_800_000);

/** Nothing but the datasets is to be seen, and each manifest is of the data beside it. */
async function expectSound(folder: string): Promise<void> {
  const data = localFs(storage.localFs({ basePath: join(folder, "out") }));
  const seen = [];
  for await (const { key } of data.list("")) if (!key.startsWith(".glacier/")) seen.push(key);
  expect(seen).toEqual([...outputs].sort());
  for (const name of outputs) {
    const path = join(folder, "out", ".glacier", "manifests", "crash", `${name.split(".")[0]}.json`);
    const manifest: Manifest = JSON.parse(readFileSync(path, "utf8"));
    expect(manifest).toMatchObject({ runId: "r", etag: (await data.stat(name)).etag });
  }
}
