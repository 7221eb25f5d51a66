import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("what nobody catches ends the process, and is told without secrets", () => {
  const script = fileURLToPath(new URL("./fixtures/crash.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=@glacier/source", script], {
    encoding: "utf8",
  });
  const told = stdout.split("\n").filter((line) => line.startsWith("@mark "));
  const [first] = told.map((line) => JSON.parse(line.slice("@mark ".length)));
  expect(first).toMatchObject({ event: { type: "log", level: "error", message: "Error: no row for key ***" } });
  expect(stdout + stderr).not.toContain("hunter2");
  expect(status).toBe(1);
});
