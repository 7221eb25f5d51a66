import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { brief, keys, long } from "./fixtures/shared.ts";
import { LocalExecutor } from "./local-executor.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glacier-threads-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("lets two runs share an executor: the end of one takes no thread from the other", async () => {
  const release = join(folder, "release");
  const executor = new LocalExecutor({ storage: folder, env: { RELEASE: release } });
  let begun = () => {};
  const underWay = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const running = long.run({ executor, onEvent: (event) => event.type === "log" && begun() });
  await underWay;
  await brief.run({ executor });
  writeFileSync(release, "");
  expect((await running).status).toBe("succeeded");
});

it("reaches the memory storage of its own run, also where runs share an executor", async () => {
  const executor = new LocalExecutor({ storage: "memory" });
  const results = await Promise.all(
    ["one", "two"].map((tenant) => brief.run({ executor, tenant, bindings: { out: { kind: "memory" } } })),
  );
  expect(results.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
});

it("looks secrets up in the executor's own env, which is the environment of its threads", async () => {
  const env = { SHARED_KEY: "from-env" };
  await keys.run({ executor: new LocalExecutor({ storage: folder, env }) });
  expect(JSON.parse(readFileSync(join(folder, "inprocess.json"), "utf8"))).toBe("from-env".length);
  expect(JSON.parse(readFileSync(join(folder, "inthread.json"), "utf8"))).toEqual({ key: "from-env".length, env });
});
