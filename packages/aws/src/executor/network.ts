import { GlacierError, type Plan } from "@glacier/core";
import { deploy } from "../deployment.ts";
import { stateMachineName } from "../names.ts";
import type { Clients } from "./clients.ts";
import type { Deployed } from "./deployed.ts";
import type { Network } from "./ecs.ts";
import { serviceError } from "./service-errors.ts";

/** The network that containers were deployed with: the state machine has it. Errors: `NOT_FOUND`, `PERMISSION_DENIED`. */
export async function networkOf(plan: Plan, { arn }: Deployed, clients: Clients): Promise<Network> {
  const name = stateMachineName(plan);
  const { sdk, client } = await clients.sfn();
  const stateMachineArn = arn("states", `stateMachine:${name}`);
  const { definition = "{}" } = await client
    .send(new sdk.DescribeStateMachineCommand({ stateMachineArn }))
    .catch((error) => {
      throw serviceError(error, {
        what: `look up the network of containers in state machine "${name}"`,
        action: `states:DescribeStateMachine on state machine ${name}`,
        missing: `pipeline "${plan.pipeline}" is not deployed here: there is no state machine "${name}"`,
      });
    });
  const found = find(JSON.parse(definition));
  if (found !== undefined) return found;
  throw new GlacierError("NOT_FOUND", {
    message: `state machine "${name}" has no container of pipeline "${plan.pipeline}"`,
    hint: deploy,
    context: { pipeline: plan.pipeline },
  });
}

/** All containers of a deployment have the same network. */
function find(value: unknown): Network | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const vpc = (value as { AwsvpcConfiguration?: Readonly<Record<string, unknown>> }).AwsvpcConfiguration;
  if (vpc === undefined) {
    for (const part of Object.values(value)) {
      const found = find(part);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return {
    subnets: vpc["Subnets"] as string[],
    securityGroups: vpc["SecurityGroups"] as string[],
    assignPublicIp: vpc["AssignPublicIp"] === "ENABLED" ? "ENABLED" : "DISABLED",
  };
}
