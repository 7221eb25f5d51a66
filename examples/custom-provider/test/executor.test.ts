import { secretVariable } from "@glacier/core";
import { testExecutor } from "@glacier/testkit";
import { ProcessExecutor } from "../src/executor.ts";
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
});
