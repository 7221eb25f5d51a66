import type { Pipeline } from "@glacier/core";
import { expect, test } from "vitest";
import { readCloudFormation } from "../../packages/aws/test/cloudformation-file.ts";
import { moduleAsCode, targetWith } from "../../packages/aws/test/code.ts";
import { mistakes, thingsOf } from "../../packages/aws/test/reach.ts";
import { readTerraform } from "../../packages/aws/test/terraform-file.ts";
import { pipeline as deliveries } from "./deliveries.ts";
import { everything, flights, flightsInS3 } from "./pipelines.ts";

const region = "eu-west-1";

test.each([
  ["flights", flights as unknown as Pipeline, flightsInS3],
  ["deliveries", deliveries as unknown as Pipeline, {}],
  ["everything", everything, {}],
])("each role of %s may what its task takes, and nothing of another's", async (_, pipeline, bindings) => {
  const target = targetWith(moduleAsCode, { region });
  const plan = pipeline.plan({ for: target, bindings });
  const { forms } = await pipeline.compile({ target, bindings });
  for (const file of [readTerraform(await forms.terraform()), readCloudFormation(await forms.cloudformation())])
    expect(mistakes(plan, file, thingsOf(plan, file, `${pipeline.name}/`, region))).toEqual([]);
});
