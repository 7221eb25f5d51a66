import { compute } from "@glacier/core";
import { expect, it } from "vitest";
import { compiled, pipelineOf, taskOf } from "../../test/plans.ts";

it("a stack leaves data, images and the bucket's rules behind, but not where it could not be made", async () => {
  const pipeline = pipelineOf([taskOf("train", { compute: compute.container({ image: "node:24" }) })]);
  const { forms } = await compiled(pipeline);
  const { Resources } = JSON.parse(String((await forms.cloudformation())["template.json"]));
  const policies = Object.entries<{ DeletionPolicy?: string; UpdateReplacePolicy?: string }>(Resources).filter(
    ([, { DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete" }]) =>
      DeletionPolicy !== "Delete" || UpdateReplacePolicy !== "Delete",
  );
  expect(policies.map(([id]) => id).sort()).toEqual(["ContainersRepository", "DataBucket", "DataBucketPolicy"]);
  for (const [, resource] of policies)
    expect(resource).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
});
