import { compute } from "@glacier/core";
import { expect, it } from "vitest";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { compiled, pipelineOf, taskOf } from "../../test/plans.ts";
import { readTerraform, testAccount } from "../../test/terraform-file.ts";

const arn = (service: string, what: string) => `arn:aws:${service}:us-east-1:${testAccount}:${what}`;

/** Whose each role is, and for what the service says that it takes it on, beside the account. */
const roles: Readonly<Record<string, [service: string, source: string | undefined]>> = {
  "orders--run--us-east-1": ["lambda", undefined],
  "orders-load--us-east-1": ["lambda", undefined],
  "orders-train--us-east-1": ["ecs-tasks", arn("ecs", "*")],
  "orders--containers--us-east-1": ["ecs-tasks", undefined],
  "orders--states--us-east-1": ["states", arn("states", "stateMachine:orders")],
  "orders--schedule--us-east-1": ["scheduler", arn("scheduler", "schedule-group/default")],
};

it("services take roles on for this account only, and for its own thing where they tell it", async () => {
  const tasks = [taskOf("load"), taskOf("train", { compute: compute.container({ image: "x" }) })];
  const { forms } = await compiled(pipelineOf(tasks, { schedule: "0 3 * * *" }));
  for (const file of [readTerraform(await forms.terraform()), readCloudFormation(await forms.cloudformation())]) {
    expect(file.roles.map(({ name }) => name).sort()).toEqual(Object.keys(roles).sort());
    for (const { name, trust } of file.roles) {
      const [service, source] = roles[name] ?? [];
      expect(trust, name).toEqual([
        {
          Effect: "Allow",
          Principal: { Service: `${service}.amazonaws.com` },
          Action: "sts:AssumeRole",
          Condition: {
            StringEquals: { "aws:SourceAccount": testAccount },
            ...(source !== undefined && { ArnLike: { "aws:SourceArn": source } }),
          },
        },
      ]);
    }
  }
});
