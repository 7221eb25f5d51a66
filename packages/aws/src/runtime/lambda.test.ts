import type { RemoteSource } from "@glacier/core/execute";
import { expect, it } from "vitest";
import { taskHandler } from "./lambda.ts";
import { runHandler } from "./run.ts";

const site = new Promise<RemoteSource>(() => {});
const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 1000 };

it.each([
  ["a task's function", taskHandler(site)],
  ["the run function", runHandler(site)],
])("%s that is asked for nothing says who asks", async (_, handler) => {
  for (const request of [{}, null, "test"])
    await expect(handler(request as never, context)).rejects.toMatchObject({
      name: "OPTION_INVALID",
      message: expect.stringContaining("Start the state machine"),
    });
});
