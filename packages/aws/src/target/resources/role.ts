import { type RoleOf, roleName, stateMachineName } from "../../names.ts";
import type { Role } from "../model.ts";
import { pack, type Statement } from "../policy.ts";
import type { Settings } from "../settings.ts";
import { account, type Text, text } from "../text.ts";

/** Told when a role's statements have no room in any way that IAM has. */
export type TooLarge = (role: string, statements: readonly Statement[]) => void;

/** A role that may do just that. */
export function role(
  id: string,
  of: RoleOf,
  service: Role["service"],
  statements: readonly Statement[],
  settings: Settings,
  tooLarge: TooLarge,
): Role {
  const packed = pack(statements);
  if (packed === undefined) tooLarge(id, statements);
  return {
    kind: "role",
    id,
    name: roleName(settings.deployment, settings.region, of),
    service,
    source: sourceOf(service, of, settings),
    inline: packed?.inline ?? [],
    managed: packed?.managed ?? [],
    boundary: settings.permissionsBoundary,
  };
}

/**
 * For what each service takes a role on, where AWS documents its ARN; a condition that a service never meets would break the
 * role. Of Lambda, and of what starts containers for ECS, only the account is sure:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
 * https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy,
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html (a group, never a schedule),
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html (its example, since a task's own ARN is not known).
 */
function sourceOf(service: Role["service"], of: RoleOf, { deployment, partition, region }: Settings): Text | undefined {
  if (service === "lambda" || ("service" in of && of.service === "containers")) return undefined;
  const arn = (name: string, what: string) => text`arn:${partition}:${name}:${region}:${account}:${what}`;
  if (service === "ecs-tasks") return arn("ecs", "*");
  if (service === "states") return arn("states", `stateMachine:${stateMachineName(deployment)}`);
  return arn("scheduler", `schedule-group/${defaultGroup}`);
}

/** The group of schedules that name none. */
const defaultGroup = "default";
