import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnv, command, glacier, hasProgram, listFiles, numbersPipeline, project, said, start } from "./harness.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: looks for them
const escapes = /\u001b/;

describe("a run that succeeds", () => {
  test("says what it did, and exits with 0", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    const { code, stdout, stderr } = await glacier(root, ["run"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ make: done in .*: 3 rows/);
    expect(stdout).toContain("add │ adding up");
    expect(stdout).toContain("printed by a handler");
    expect(stdout).toMatch(/✔ numbers succeeded in .* 3 tasks/);
    expect(stdout).toMatch(/total +2 B +\.glacier\/data\/total\.json/);
    expect(stdout).toMatch(/critical path .* make → add → write/);
    expect(stdout).not.toMatch(escapes);
    expect(JSON.parse(readFileSync(join(root, ".glacier/data/report.json"), "utf8"))).toBe("total: 6");
  });

  test("--json: stdout is NDJSON events and nothing else; what a handler prints goes to stderr", async () => {
    const { code, stdout, stderr } = await glacier(project({ "pipeline.ts": numbersPipeline }), ["run", "--json"]);
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.at(0)).toMatchObject({ type: "run.started", pipeline: "numbers", tasks: ["make", "add", "write"] });
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    expect(events.filter(({ type }) => type === "dataset.written").map(({ dataset }) => dataset)).toEqual([
      "numbers",
      "total",
      "report",
    ]);
    expect(stderr).toBe("printed by a handler\n");
  });

  test("--quiet prints nothing of its own", async () => {
    const { stdout, stderr } = await glacier(project({ "pipeline.ts": numbersPipeline }), ["run", "-q"]);
    expect([stdout, stderr]).toEqual(["printed by a handler\n", ""]);
  });

  test("colours: FORCE_COLOR in a pipe, NO_COLOR above all", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    expect((await glacier(root, ["run"], { FORCE_COLOR: "1" })).stdout).toMatch(escapes);
    const { stdout, stderr } = await glacier(root, ["run"], { FORCE_COLOR: "1", NO_COLOR: "1", FAIL: "1" });
    expect(stdout + stderr).not.toMatch(escapes);
  });

  test("params take the type that their schema says", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    expect((await glacier(root, ["run", "--param", "count=5"])).stdout).toContain("5 rows");
    const wrong = await glacier(root, ["run", "--param", "count=many"]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/PARAMS_INVALID .*count/);
  });

  test("--only, --from, --until", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    const started = async (...args: string[]) => (await glacier(root, ["run", ...args])).stdout.match(/(?<=▸ )\w+/g);
    expect(await started("--until", "add")).toEqual(["make", "add"]);
    expect(await started("--from", "add")).toEqual(["add", "write"]);
    expect(await started("--only", "make", "--only", "add")).toEqual(["make", "add"]);
    const unknown = await glacier(root, ["run", "--only", "nope"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/TASK_UNKNOWN[\s\S]*hint: .*add, make, write/);
  });

  test("--dry-run says what would run and writes nothing", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    const before = listFiles(root);
    const { code, stdout } = await glacier(root, ["run", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/make +run +a new run/);
    expect(stdout).toContain("3 of 3 would run; nothing was written");
    expect(listFiles(root)).toEqual(before);
  });

  test("an open timer of the user's doesn't keep the command from ending", async () => {
    const root = project({ "pipeline.ts": `setInterval(() => {}, 1000);\n${numbersPipeline}` });
    expect((await glacier(root, ["run"])).code).toBe(0);
  });
});

describe("a run that fails", () => {
  test("exits with 1, shows the user's own lines and how to go on; --resume last does", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    const { code, stdout, stderr } = await glacier(root, ["run"], { FAIL: "1" });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✖ numbers failed in .* 1 of 3 tasks done, 1 failed/);
    expect(stdout).toContain("write: not run: add failed");
    const line = numbersPipeline.split("\n").findIndex((text) => text.includes("throw new TypeError")) + 1;
    expect(stderr).toContain(`at fail pipeline.ts:${line}:`);
    expect(stderr).not.toMatch(/node_modules|node:internal|executeTask/);
    const runId = /--resume (\S+)/.exec(stderr)?.[1];
    expect(stderr).toContain(`resume: glacier run --resume ${runId}`);

    const again = await glacier(root, ["run", "--resume", "last"]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("make: done before");
    expect(again.stdout).toContain(runId);
  });

  test("on an engine: how to go on is what the engine says", async () => {
    const config = `
      import { GlacierError } from "@glacier/core";
      import { LocalExecutor, local } from "@glacier/local";
      class Engine extends LocalExecutor {
        async runPipeline({ runId }, { emit }) {
          if (!process.env.ENDED) throw new GlacierError("UNAVAILABLE", { message: "it is out of sight", hint: "Look again." });
          const error = new GlacierError("TASK_FAILED", { message: "no luck", hint: "Mend it." }).toJSON();
          const about = { runId, time: Date.now(), task: "make", attempt: 1 };
          emit({ ...about, type: "attempt.started" });
          emit({ ...about, type: "task.failed", error, durationMs: 1 });
          return "failed";
        }
      }
      const provider = { name: "engines", contract: 1, executors: { engine: () => new Engine() } };
      export default { providers: [local, provider] };
    `;
    const root = project({ "pipeline.ts": numbersPipeline, "glacier.config.js": config });
    const lost = await glacier(root, ["run", "--executor", "engine"]);
    expect(lost.code).toBe(1);
    expect(lost.stderr).toMatch(/UNAVAILABLE it is out of sight\n.*Look again/);
    expect(lost.stderr).not.toContain("resume:");
    const ended = await glacier(root, ["run", "--executor", "engine"], { ENDED: "1" });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("TASK_FAILED no luck");
    expect(ended.stderr).not.toContain("resume:");
  });

  test("--verbose adds the whole stack, --json an event with the error", async () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    expect((await glacier(root, ["run", "--verbose"], { FAIL: "1" })).stderr).toContain("TypeError: does not add up");
    const { code, stdout } = await glacier(root, ["run", "--json"], { FAIL: "1" });
    expect(code).toBe(1);
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      type: "run.finished",
      status: "failed",
      error: { code: "RUN_FAILED" },
    });
  });

  test.each([0, 7])("a handler that calls process.exit(%i) is named as the reason", async (exit) => {
    const exits = numbersPipeline.replace('log.info("adding up"', `process.exit(${exit}); log.info("adding up"`);
    const { code, stderr } = await glacier(project({ "pipeline.ts": exits }), ["run"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`TASK_CRASHED .*exit code ${exit}\\n  hint: .*process\\.exit`));
  });

  test("an error that nothing caught ends the run in order", async () => {
    const floating = numbersPipeline.replace(
      'log.info("adding up"',
      'Promise.reject(new Error("nobody awaits this")); await sleep(60_000, undefined, { signal }); log.info("adding up"',
    );
    const { code, stderr } = await glacier(project({ "pipeline.ts": floating }), ["run"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/TASK_CRASHED .*nobody awaits this[\s\S]*pipeline\.ts:\d+[\s\S]*resume:/);
  });
});

describe("cancelling", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s cancels cleanly, says how to resume, and the resumed run completes", async (signal, exitCode) => {
    const root = project({ "src/pipeline.ts": numbersPipeline });
    const running = start(root, ["run", "--param", "count=4"], { SLOW: "60000" });
    await said(running, "adding up");
    running.child.kill(signal);
    const { code, stdout, stderr } = await running.answer;
    expect(code).toBe(exitCode);
    expect(stdout).toContain("cancelling");
    expect(stdout).toMatch(/◼ numbers cancelled in .* 1 of 3 tasks done/);
    const args = /resume: glacier (.*)\n/.exec(stderr)?.[1]?.split(" ") ?? [];
    expect(args.slice(0, 2)).toEqual(["run", "--resume"]);
    const resumed = await glacier(root, args);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toContain("make: done before");
    expect(JSON.parse(readFileSync(join(root, ".glacier/data/report.json"), "utf8"))).toBe("total: 10");
  });

  test("a second Ctrl-C exits at once, whatever still runs", async () => {
    const root = project({ "pipeline.ts": numbersPipeline }, ["@glacier/core", "@glacier/local", "stuck", "zod"]);
    const running = start(root, ["run", "--executor", "stuck"]);
    await said(running, "make: started");
    running.child.kill("SIGINT");
    await said(running, "cancelling");
    running.child.kill("SIGINT");
    expect((await running.answer).code).toBe(130);
  });

  test("a reader that goes away ends the command as a pipe would", async () => {
    const { child, answer } = start(project({ "pipeline.ts": numbersPipeline }), ["run", "--json"], { SLOW: "60000" });
    child.stdout?.destroy();
    expect((await answer).code).toBe(141);
  });
});

describe.skipIf(!hasProgram("script"))("on a terminal (needs script(1))", () => {
  function onTerminal(cwd: string, args: string, size: string, env: Record<string, string> = {}): string {
    const line = `stty ${size}; ${command.map((part) => `'${part}'`).join(" ")} ${args}`;
    const program = "script";
    return spawnSync(program, ["-qec", line, "/dev/null"], { cwd, env: cleanEnv(env), encoding: "utf8", input: "" })
      .stdout;
  }

  test("the display redraws itself, gives the cursor back and leaves a summary", () => {
    const output = onTerminal(project({ "pipeline.ts": numbersPipeline }), "run", "rows 24 cols 80", { SLOW: "500" });
    expect(output.indexOf("\u001b[?25l")).toBeGreaterThanOrEqual(0);
    expect(output.lastIndexOf("\u001b[?25h")).toBeGreaterThan(output.lastIndexOf("\u001b[?25l"));
    expect(output).toContain("━");
    expect(output).toContain("printed by a handler");
    expect(output.slice(output.lastIndexOf("\u001b[?25h"))).toMatch(/numbers.*succeeded/);
  });

  test("NO_COLOR draws without colours, TERM=dumb and CI without redrawing", () => {
    const root = project({ "pipeline.ts": numbersPipeline });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for them
    expect(onTerminal(root, "run", "rows 24 cols 80", { NO_COLOR: "1" })).not.toMatch(/\u001b\[\d+m/);
    expect(onTerminal(root, "run", "rows 24 cols 80", { TERM: "dumb" })).not.toMatch(escapes);
    expect(onTerminal(root, "run", "rows 24 cols 80", { CI: "true" })).not.toContain("\u001b[?25l");
  });
});
