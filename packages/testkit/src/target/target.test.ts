import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploymentTarget, deploymentView } from "../../test/deployment-target.ts";
import { type TargetCase, targetCases } from "./cases.ts";
import { onRandomPipelines } from "./random.ts";
import { testTarget } from "./test-target.ts";
import { mutants } from "./testing/mutants.ts";
import { honest, narrow } from "./testing/mutate.ts";

testTarget("a deployment file", honest);
testTarget("a deployment file, and a form that is too narrow and says so", narrow(true));
testTarget("a deployment file of a default compute", { create: deploymentTarget, view: deploymentView });

describe.each(Object.entries(mutants))("%s", (name, broken) => {
  // Not the smallest failure, for once.
  beforeAll(() => fc.configureGlobal({ endOnFailure: true }));
  afterAll(() => fc.resetConfigureGlobal());

  test.each(Object.entries(broken))("sees a target that: %s", async (_, subject) => {
    await expect(targetCases(subject)[name as TargetCase]()).rejects.toThrow();
  });
});

test("a target too slow for random pipelines is no target that passes on them", async () => {
  const never = onRandomPipelines({ ...honest, timeout: 100 }, () => new Promise(() => {}));
  await expect(never).rejects.toThrow(/only 0 of 12 .*`timeout`/);
});
