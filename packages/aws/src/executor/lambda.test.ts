import type { LambdaClient } from "@aws-sdk/client-lambda";
import * as sdk from "@aws-sdk/client-lambda";
import { GlacierError, type Json } from "@glacier/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { pipelineOf, planOf, taskOf } from "../../test/plans.ts";
import type { Clients } from "./clients.ts";
import type { DirectAttempt } from "./direct.ts";
import { runFunction } from "./lambda.ts";

const cancelled = new GlacierError("CANCELLED", { message: "the run was cancelled", hint: "Resume it." });

function attemptWith(signal: AbortSignal, params: Json = {}): DirectAttempt {
  const run = { runId: "r", params, segment: "attempts/1", selected: "all" } as const;
  const plan = planOf(pipelineOf([taskOf("clean")]));
  return { plan, request: { task: "clean", attempt: 1, run }, signal, token: "t", note: () => {}, warn: () => {} };
}

function clientsWith(send: () => Promise<never>): Clients {
  const client = { send } as unknown as LambdaClient;
  return { lambda: async () => ({ sdk, client }) } as unknown as Clients;
}

it("a run that was cancelled before starts no function", async () => {
  let calls = 0;
  const clients = clientsWith(async () => Promise.reject(new Error(`call ${++calls}`)));
  await expect(runFunction(attemptWith(AbortSignal.abort(cancelled)), clients)).rejects.toBe(cancelled);
  expect(calls).toBe(0);
});

it("a run that is cancelled while a throttled invocation waits for its next try makes none", async () => {
  const controller = new AbortController();
  let calls = 0;
  const clients = clientsWith(async () => {
    calls++;
    // When this has been heard, and it waits.
    setImmediate(() => controller.abort(cancelled));
    throw Object.assign(new Error("slow down"), { name: "TooManyRequestsException" });
  });
  await expect(runFunction(attemptWith(controller.signal), clients)).rejects.toBe(cancelled);
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toBe(1);
});

it.each([
  ["a proxy's page", "<html>sign in</html>"],
  ["nothing", ""],
  ["null", "null"],
])("an answer of %s is no task's success", async (_, text) => {
  const send = async () => ({ StatusCode: 200, Payload: new TextEncoder().encode(text) });
  const attempt = attemptWith(new AbortController().signal);
  await expect(runFunction(attempt, clientsWith(send as never))).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringContaining("is not its function"),
    context: { task: "clean" },
  });
});

it.each([
  { name: "Error", code: "ECONNREFUSED" },
  { name: "ServiceUnavailable", $metadata: { httpStatusCode: 503 } },
])("an invocation that can't have arrived is repeated: %j", async (error) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let calls = 0;
  const send = async () => {
    if (++calls < 3) throw Object.assign(new Error("no"), error);
    return { StatusCode: 200, Payload: new TextEncoder().encode('{"task":"clean","attempt":1}') };
  };
  const ran = runFunction(attemptWith(new AbortController().signal), clientsWith(send as never));
  await vi.advanceTimersByTimeAsync(10_000);
  await ran;
  expect(calls).toBe(3);
});

it("params that no request has room for start no function", async () => {
  let calls = 0;
  const clients = clientsWith(async () => Promise.reject(new Error(`call ${++calls}`)));
  const attempt = attemptWith(new AbortController().signal, { days: "d".repeat(6_400_000) });
  await expect(runFunction(attempt, clients)).rejects.toMatchObject({ code: "PARAMS_INVALID" });
  expect(calls).toBe(0);
});
