import { createRegistry } from "@glacier/core";
import { expect, it } from "vitest";
import { pipelineOf, planOf, taskOf } from "../test/plans.ts";
import { checkParams, checkPayload } from "./run-data.ts";
import { runHandler } from "./runtime/run.ts";

it("params must leave room for the rest of a run's data", () => {
  expect(() => checkParams({ days: "é".repeat(98_000) }, "r")).not.toThrow();
  expect(() => checkParams({ days: "é".repeat(99_000) }, "r")).toThrowError(
    expect.objectContaining({
      code: "PARAMS_INVALID",
      message: expect.stringMatching(/198011 bytes.*196608 \(https:/),
    }),
  );
});

it("a request to a function has room for 6 MB", () => {
  expect(() => checkPayload("d".repeat(6_291_456), "r")).not.toThrow();
  expect(() => checkPayload("é".repeat(3_145_729), "r")).toThrowError(
    expect.objectContaining({ code: "PARAMS_INVALID", message: expect.stringContaining("6291458 bytes") }),
  );
});

it("begin refuses others before anything is written", async () => {
  const pipeline = pipelineOf([taskOf("load")]);
  const site = { plan: planOf(pipeline), pipeline, registry: createRegistry([]) } as never;
  const request = { step: "begin", execution: "e", input: { params: { days: "d".repeat(200_000) } } } as const;
  await expect(
    runHandler(Promise.resolve(site))(request, { awsRequestId: "r", getRemainingTimeInMillis: () => 1000 }),
  ).rejects.toMatchObject({ name: "PARAMS_INVALID" });
});
