import { tmpdir } from "node:os";
import { type AnyPipeline, Dataset, type Json, ndjson, Pipeline, secret, task } from "@glacier/core";
import { heldSecret } from "./secrets.ts";

const here = { module: import.meta.url };

const folder = new Dataset<string>("folder");
const trace = "GLACIER_KIT_TRACE";

/** One task leaves what it can in its process; the next says what it finds. */
export const messy: AnyPipeline = new Pipeline(
  "kit_messy",
  [
    task("leaves", { output: folder }, () => {
      const before = process.cwd();
      (globalThis as Record<string, unknown>)[trace] = "left";
      process.env[trace] = "left";
      process.chdir(tmpdir());
      return before;
    }),
    task("finds", { inputs: { folder }, output: new Dataset<Json>("found") }, ({ folder }) => ({
      global: trace in globalThis,
      env: process.env[trace] ?? null,
      sameFolder: process.cwd() === folder,
    })),
  ],
  here,
);

const rows = new Dataset<{ n: number }, "rows">("rows", { format: ndjson() });
const factor = new Dataset<number>("factor");

/** Reads its inputs from files, and writes its outputs to files. */
const script = `
const { readFileSync, writeFileSync } = require("node:fs");
const env = process.env;
const rows = readFileSync(env.GLACIER_INPUT_ROWS, "utf8").trim().split("\\n").map((line) => JSON.parse(line));
const factor = JSON.parse(readFileSync(env.GLACIER_INPUT_FACTOR, "utf8"));
console.log("to stdout");
console.error("to stderr");
console.log("the key is " + env.KIT_API_KEY);
const scaled = rows.map(({ n }) => JSON.stringify({ n: n * factor }) + "\\n").join("");
writeFileSync(env.GLACIER_OUTPUT_SCALED, scaled);
const { GLACIER_RUN_ID: runId, GLACIER_TASK: task, GLACIER_ATTEMPT: attempt, GLACIER_PARAMS: params } = env;
writeFileSync(env.GLACIER_OUTPUT_SEEN, JSON.stringify({ runId, task, attempt, params: JSON.parse(params) }));
`;

export const commanding: AnyPipeline = new Pipeline(
  "kit_commanding",
  [
    task("make", { output: { rows, factor } }, () => ({ rows: [{ n: 1 }, { n: 2 }, { n: 3 }], factor: 10 })),
    task.command("scale", {
      inputs: { rows, factor },
      output: {
        scaled: new Dataset<{ n: number }, "rows">("scaled", { format: ndjson() }),
        seen: new Dataset<Json>("seen"),
      },
      secrets: { key: secret(heldSecret) },
      command: ["node", "-e", script],
    }),
  ],
  here,
);

/** A command that fails. */
export const commandFailing: AnyPipeline = new Pipeline(
  "kit_command_failing",
  [
    task.command("fails", {
      output: new Dataset<number>("none"),
      command: ["node", "-e", 'console.error("the last words"); process.exit(3)'],
    }),
  ],
  here,
);

const one = task("one", { output: new Dataset<number>("one") }, () => 1);

/** Doesn't say where its code is. */
export const homeless: AnyPipeline = new Pipeline("kit_homeless", [one]);

/** Says where its code is, but isn't exported there. */
export function unexported(): AnyPipeline {
  return new Pipeline("kit_unexported", [one], here);
}
