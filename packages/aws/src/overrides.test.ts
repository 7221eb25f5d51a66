import { compute, createRegistry } from "@glacier/core";
import { expect, it } from "vitest";
import { pipelineOf, planOf, taskOf } from "../test/plans.ts";
import { overridesOf } from "./overrides.ts";
import { runHandler } from "./runtime/run.ts";

const run = { runId: "r", segment: "000002", selected: "all" } as const;

it("a container is told its attempt, as long as ECS has room for the params", () => {
  const told = (params: object) => overridesOf({ task: "train", attempt: 2, run: { ...run, params } as never });
  const [{ environment } = { environment: [] }] = told({ day: "monday" }).containerOverrides;
  expect(environment).toContainEqual({ name: "GLACIER_ATTEMPT", value: "2" });
  expect(() => told({ days: "d".repeat(7500) })).not.toThrow();
  expect(() => told({ days: "d".repeat(8192) })).toThrowError(expect.objectContaining({ code: "PARAMS_INVALID" }));
  // JSON within JSON.
  expect(() => told({ days: '"'.repeat(3000) })).toThrowError(expect.objectContaining({ code: "PARAMS_INVALID" }));
});

it("begin refuses such params before anything is written, where a task is a container", async () => {
  const begin = (options: object) => {
    const pipeline = pipelineOf([taskOf("train", options)]);
    const site = { plan: planOf(pipeline), pipeline, registry: createRegistry([]) } as never;
    const request = { step: "begin", execution: "e", input: { params: { days: "d".repeat(9000) } } } as const;
    return runHandler(Promise.resolve(site))(request, { awsRequestId: "r", getRemainingTimeInMillis: () => 1000 });
  };
  await expect(begin({ compute: compute.container({ image: "node:24" }) })).rejects.toMatchObject({
    name: "PARAMS_INVALID",
  });
  await expect(begin({})).rejects.toMatchObject({ name: "PROVIDER_MISSING" });
});
