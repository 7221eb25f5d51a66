import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

/** An attempt whose process throws what nobody catches. */
const crash = `
import { tellAttempt } from "${new URL("./tell.ts", import.meta.url)}";
await tellAttempt({
  mark: "@mark ",
  invocation: { runId: "r", task: "clean", attempt: 1 },
  secrets: { key: "hunter2-hunter2" },
  run: () => new Promise((resolve) => {
    setImmediate(() => {
      throw new Error("no row for key hunter2-hunter2");
    });
    setTimeout(resolve, 60_000);
  }),
});`;

it("what nobody catches ends the process, and is told without secrets", () => {
  const flags = ["--conditions=@glacier/source", "--input-type=module", "-e", crash];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  const told = stdout.split("\n").filter((line) => line.startsWith("@mark "));
  const [first] = told.map((line) => JSON.parse(line.slice("@mark ".length)));
  expect(first).toMatchObject({ event: { type: "log", level: "error", message: "Error: no row for key ***" } });
  expect(stdout + stderr).not.toContain("hunter2");
  expect(status).toBe(1);
});
