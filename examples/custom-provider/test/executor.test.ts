import { createStore, secretVariable } from "@glacier/core";
import { testExecutor } from "@glacier/testkit";
import { expect, test } from "vitest";
import { ProcessExecutor } from "../src/executor.ts";
import { redisStorage } from "../src/storage.ts";
import { pipeline } from "./pipeline.ts";
import { onRedis } from "./redis-server.ts";

await onRedis(({ emptyStorage }) => {
  testExecutor("process executor", {
    create: ({ secrets }) =>
      new ProcessExecutor({
        storage: emptyStorage(),
        state: emptyStorage(),
        env: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [secretVariable(name), value])),
      }),
    compute: { kind: "process" },
  });

  test("the command starts node: through env here, as it would through ssh", async () => {
    const [storage, state] = [emptyStorage(), emptyStorage()];
    const command = ["env", "WORKER=through env", process.execPath];
    await pipeline.run({ executor: new ProcessExecutor({ storage, state, command }) });
    expect(await createStore(redisStorage(storage)).readJson("worker.json")).toMatchObject({ value: "through env" });
  });

  test.each([["node"], [[]], [[5]], [[""]]])("a command that is none, in a config: %j", (command) => {
    expect(() => new ProcessExecutor({ command } as never)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining("array of words") }),
    );
  });
});
