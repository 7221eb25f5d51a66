import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRegistry, type RunEvent } from "@glacier/core";
import { openDataset } from "@glacier/core/inspect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../testing/run.ts";
import { homeless, places, type Trouble, troubles } from "./fixtures/pipelines.ts";
import { LocalExecutor } from "./local-executor.ts";

let folder: string;
let events: RunEvent[];
const onEvent = (event: RunEvent) => void events.push(event);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glacier-local-"));
  events = [];
  process.env["LOCAL_TEST_KEY"] = "sesame-77";
  process.env["CANARY"] = "tweet";
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("where tasks run", () => {
  it("uses this process, threads and isolated processes, over a folder", async () => {
    const result = await places.run({ executor: new LocalExecutor({ storage: folder }), onEvent });
    const seen = JSON.parse(readFileSync(join(folder, "seen.json"), "utf8"));
    expect(seen).toMatchObject({ total: 6, key: 9 });
    expect(seen.pid).not.toBe(process.pid);
    expect(result.datasets["rows"]).toMatchObject({ rows: 3, task: "make" });
    expect(existsSync(join(folder, ".glacier", "manifests", "places", "seen.json"))).toBe(true);
  });

  it("gives a function only its own environment", async () => {
    await places.run({ executor: new LocalExecutor({ storage: folder }) });
    expect(JSON.parse(readFileSync(join(folder, "seen.json"), "utf8")).env).toEqual({ OWN: "yes" });
  });

  it("shares memory storage with threads and processes, and keeps it from run to run", async () => {
    const executor = new LocalExecutor({ storage: "memory" });
    const first = await places.run({ executor });
    const again = await places.run({ executor, only: ["look"], onEvent });
    expect(Object.keys(again.tasks)).toEqual(["look"]);
    const registry = createRegistry(executor.providers);
    const opened = await openDataset({ plan: places.plan({ for: executor }), pipeline: places, registry }, "total");
    expect(await opened.value()).toBe(6);
    expect(opened.manifest?.runId).toBe(first.runId);
  });

  it("leaves no thread and no process behind: a program that has run a pipeline ends by itself", () => {
    const script = fileURLToPath(new URL("./fixtures/ends.ts", import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, ["--conditions=@glacier/source", script, folder], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect({ status, children: stdout.trim() }).toEqual({ status: 0, children: "" });
  });
});

describe("what goes wrong in a handler", () => {
  const run = (trouble: Trouble, where: "isolated" | "thread") =>
    failureOf(troubles[trouble][where].run({ executor: new LocalExecutor({ storage: folder }) }));

  it.each<[Trouble, string]>([
    ["exit", "TASK_CRASHED"],
    ["heap", "OUT_OF_MEMORY"],
    ["buffers", "OUT_OF_MEMORY"],
    ["reject", "TASK_CRASHED"],
  ])(
    "isolated: %s is %s",
    async (trouble, code) => {
      const error = await run(trouble, "isolated");
      expect(error).toMatchObject({ code, context: { task: "bad" } });
      expect(existsSync(join(folder, "total.json"))).toBe(false);
    },
    30_000,
  );

  it("isolated: keeps the exit code", async () => {
    expect((await run("exit", "isolated")).context.exitCode).toBe(9);
  });

  it("isolated: a cancel ends even a busy loop", async () => {
    const { isolated } = troubles.spin;
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 500);
    expect(
      await failureOf(isolated.run({ executor: new LocalExecutor({ storage: folder }), signal: controller.signal })),
    ).toMatchObject({ code: "CANCELLED" });
  });

  it("thread: exit is TASK_CRASHED", async () => {
    expect(await run("exit", "thread")).toMatchObject({ code: "TASK_CRASHED", context: { task: "bad" } });
    expect(existsSync(join(folder, "total.json"))).toBe(false);
  });
});

describe("what can't start", () => {
  it("says when a pipeline doesn't tell where its code is", async () => {
    const error = await failureOf(homeless.run({ executor: new LocalExecutor({ storage: folder }), onEvent }));
    expect(error).toMatchObject({ code: "MODULE_INVALID", context: { task: "one" } });
    expect(events, "before anything runs").toEqual([]);
    expect(error.hint).toContain("import.meta.url");
  });

  it("stops a module that runs its pipeline when it is loaded from doing so again and again", () => {
    const script = fileURLToPath(new URL("./fixtures/runs-itself.ts", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ["--conditions=@glacier/source", script], {
      encoding: "utf8",
      env: { ...process.env, SELFISH_OUT: folder },
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain("import.meta.main");
  });
});
