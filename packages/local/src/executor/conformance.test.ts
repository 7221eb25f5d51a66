import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComputeResource, compute, secretVariable } from "@glacier/core";
import { type ExecutorCase, testExecutor } from "@glacier/testkit";
import { onTestFinished } from "vitest";
import { LocalExecutor } from "./local-executor.ts";

type Skips = { readonly [C in ExecutorCase]?: string };

const inThisProcess = "What a handler prints goes to this process's own output.";
const loadsNothing = "In process the pipeline itself is at hand: no module is loaded.";

suite("in process", undefined, {
  "a timeout ends an attempt that blocks its thread": "A timer can't fire while its own thread is blocked.",
  "what a handler prints becomes log lines, with secrets masked": inThisProcess,
  "a task sees nothing that another left in its process": "All tasks share this process.",
  "a pipeline that doesn't say where its code is: MODULE_INVALID": loadsNothing,
  "a module that doesn't load: MODULE_INVALID says why": loadsNothing,
  "a module that doesn't export the pipeline: MODULE_INVALID": loadsNothing,
});

suite("in worker threads", compute.local({ workers: 2 }), {
  "what a handler prints becomes log lines, with secrets masked": inThisProcess,
  "a task sees nothing that another left in its process": "A thread runs one task after the other.",
});

suite(
  "in isolated processes",
  // Commands are looked up along the PATH, and a function sees only the environment that its compute gives it.
  compute.serverless({ env: { PATH: process.env["PATH"] ?? "" } }),
  {},
);

function suite(where: string, resource: ComputeResource | undefined, skip: Skips): void {
  testExecutor(`LocalExecutor ${where}`, {
    create({ secrets }) {
      const folder = mkdtempSync(join(tmpdir(), "glacier-local-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const held = Object.entries(secrets).map(([name, value]) => [secretVariable(name), value]);
      return new LocalExecutor({ storage: folder, env: { ...process.env, ...Object.fromEntries(held) } });
    },
    ...(resource !== undefined && { compute: resource }),
    skip,
  });
}
