import type { PlanTask } from "@glacier/core";
import type { CodeArtifacts } from "../../code/types.ts";
import { variables } from "../../deployment.ts";
import { clusterName, logGroupName, repositoryName, taskFamily } from "../../names.ts";
import type { SizedContainer } from "../compute.ts";
import type { Resource } from "../model.ts";
import { logStatement, type Statement } from "../policy.ts";
import type { Settings } from "../settings.ts";
import { account, ref, text } from "../text.ts";
import { commonEnv, taskId } from "./functions.ts";
import { role, type TooLarge } from "./role.ts";

/** What container tasks share: where they run, where their images are, and what starts them. */
export function containerPlace(tasks: readonly PlanTask[], settings: Settings, tooLarge: TooLarge): Resource[] {
  const { deployment, partition, region } = settings;
  const repository = repositoryName(deployment);
  const pulls: Statement[] = [
    { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
    {
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      resources: [text`arn:${partition}:ecr:${region}:${account}:repository/${repository}`],
    },
  ];
  const logs = tasks.map(({ name }) => logStatement(logGroupName("ecs", taskFamily(deployment, name)), settings));
  const write: Statement = { actions: logs[0]?.actions ?? [], resources: logs.flatMap(({ resources }) => resources) };
  return [
    { kind: "cluster", id: "containers", name: clusterName(deployment) },
    { kind: "repository", id: "containers", name: repository },
    role("containers", { service: "containers" }, "ecs-tasks", [...pulls, write], settings, tooLarge),
  ];
}

/** A container task's definition with its role and logs. */
export function taskContainer(
  task: PlanTask,
  sized: SizedContainer,
  statements: readonly Statement[],
  { images }: CodeArtifacts,
  settings: Settings,
  tooLarge: TooLarge,
): Resource[] {
  const id = taskId(task.name);
  const family = taskFamily(settings.deployment, task.name);
  const image = images.find(({ base }) => base === sized.image);
  if (image === undefined) throw new TypeError(`the code has no image on ${sized.image}`);
  return [
    {
      kind: "logGroup",
      id,
      name: logGroupName("ecs", family),
      retention: settings.logRetention,
      kmsKey: settings.kmsKey,
    },
    role(id, { task: task.name }, "ecs-tasks", statements, settings, tooLarge),
    {
      kind: "taskDefinition",
      id,
      family,
      image: text`${ref("containers", "url")}:${image.tag}`,
      architecture: settings.architecture,
      cpu: sized.cpu,
      memory: sized.memory,
      env: { ...sized.env, ...commonEnv(settings), [variables.task]: task.name },
      taskRole: id,
      executionRole: "containers",
      logGroup: id,
    },
  ];
}
