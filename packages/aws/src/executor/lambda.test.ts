import type { LambdaClient } from "@aws-sdk/client-lambda";
import * as sdk from "@aws-sdk/client-lambda";
import { GlacierError, type Json } from "@glacier/core";
import { expect, it } from "vitest";
import { pipelineOf, planOf, taskOf } from "../../test/plans.ts";
import type { Clients } from "./clients.ts";
import type { DirectAttempt } from "./direct.ts";
import { runFunction } from "./lambda.ts";

const cancelled = new GlacierError("CANCELLED", { message: "the run was cancelled", hint: "Resume it." });

function attemptWith(signal: AbortSignal, params: Json = {}): DirectAttempt {
  const run = { runId: "r", params, segment: "attempts/1", selected: "all" } as const;
  const plan = planOf(pipelineOf([taskOf("clean")]));
  return { plan, request: { task: "clean", attempt: 1, run }, signal, token: "t", note: () => {} };
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

it("params that no request has room for start no function", async () => {
  let calls = 0;
  const clients = clientsWith(async () => Promise.reject(new Error(`call ${++calls}`)));
  const attempt = attemptWith(new AbortController().signal, { days: "d".repeat(6_400_000) });
  await expect(runFunction(attempt, clients)).rejects.toMatchObject({ code: "PARAMS_INVALID" });
  expect(calls).toBe(0);
});
