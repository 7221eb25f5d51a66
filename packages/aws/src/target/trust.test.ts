import { compute } from "@glacier/core";
import { expect, it } from "vitest";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { compiled, pipelineOf, taskOf } from "../../test/plans.ts";
import { readTerraform, testAccount } from "../../test/terraform-file.ts";

const arn = (service: string, what: string) => `arn:aws:${service}:us-east-1:${testAccount}:${what}`;

/** What the service tells of itself when it takes a role on, beside the account. */
const sources: Readonly<Record<string, string | undefined>> = {
  "lambda.amazonaws.com": undefined,
  "states.amazonaws.com": arn("states", "stateMachine:orders"),
  "scheduler.amazonaws.com": arn("scheduler", "schedule-group/default"),
  "ecs-tasks.amazonaws.com": arn("ecs", "*"),
};

it("services take roles on for this account only, and for its own thing where they tell it", async () => {
  const tasks = [taskOf("load"), taskOf("train", { compute: compute.container({ image: "x" }) })];
  const { forms } = await compiled(pipelineOf(tasks, { schedule: "0 3 * * *" }));
  for (const { roles } of [readTerraform(await forms.terraform()), readCloudFormation(await forms.cloudformation())]) {
    const trusts = roles.flatMap(({ trust }) => trust);
    expect(trusts).toHaveLength(roles.length);
    expect(new Set(trusts.map(({ Principal }) => Principal.Service))).toEqual(new Set(Object.keys(sources)));
    for (const { Principal, Condition } of trusts) {
      const source = sources[Principal.Service];
      expect(Condition).toEqual({
        StringEquals: { "aws:SourceAccount": testAccount },
        ...(source !== undefined && { ArnLike: { "aws:SourceArn": source } }),
      });
    }
  }
});
