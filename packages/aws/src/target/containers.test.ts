import { compute } from "@glacier/core";
import { expect, it } from "vitest";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { compiled, pipelineOf, taskOf } from "../../test/plans.ts";
import { readTerraform, testAccount } from "../../test/terraform-file.ts";

const pipeline = pipelineOf([
  taskOf("train", { compute: compute.container({ image: "python:3.13" }) }),
  taskOf("score", { compute: compute.container({ image: "node:24" }) }),
]);

it("the repository drops what has no tag, and no image that may be deployed", async () => {
  const { forms } = await compiled(pipeline);
  const { resource } = JSON.parse(String((await forms.terraform())["main.tf.json"]));
  const { Resources } = JSON.parse(String((await forms.cloudformation())["template.json"]));
  const { LifecyclePolicyText } = Resources.ContainersRepository.Properties.LifecyclePolicy;
  expect(JSON.parse(LifecyclePolicyText).rules).toEqual([
    {
      rulePriority: 1,
      description: expect.any(String),
      selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
      action: { type: "expire" },
    },
  ]);
  expect(resource.aws_ecr_lifecycle_policy.containers).toEqual({
    repository: `\${aws_ecr_repository.containers.name}`,
    policy: LifecyclePolicyText,
  });
});

it("a family has a definition also while another takes its place", async () => {
  const { forms } = await compiled(pipeline);
  const { resource } = JSON.parse(String((await forms.terraform())["main.tf.json"]));
  const definitions = Object.values<{ lifecycle: object }>(resource.aws_ecs_task_definition);
  expect(definitions).toHaveLength(2);
  for (const { lifecycle } of definitions) expect(lifecycle).toEqual({ create_before_destroy: true });
});

it("the state machine may tag the tasks that it starts, and no others", async () => {
  const { forms } = await compiled(pipeline);
  for (const file of [readTerraform(await forms.terraform()), readCloudFormation(await forms.cloudformation())]) {
    const tagging = file.roles.flatMap(({ name, statements }) =>
      statements.filter(({ Action }) => String(Action).includes("ecs:TagResource")).map((one) => ({ name, ...one })),
    );
    expect(tagging).toEqual([
      {
        name: "orders--states--us-east-1",
        Effect: "Allow",
        Action: ["ecs:TagResource"],
        Resource: [`arn:aws:ecs:us-east-1:${testAccount}:task/orders/*`],
        Condition: { StringEquals: { "ecs:CreateAction": "RunTask" } },
      },
    ]);
  }
});
