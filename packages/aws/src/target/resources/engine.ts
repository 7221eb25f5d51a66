import { clusterName, functionName, logGroupName, roleName, stateMachineName, taskFamily } from "../../names.ts";
import type { Sized } from "../compute.ts";
import type { Resource } from "../model.ts";
import { pack, type Statement } from "../policy.ts";
import type { Settings } from "../settings.ts";
import type { Machine } from "../state-machine.ts";
import { account, text } from "../text.ts";
import { role, type TooLarge } from "./role.ts";

/** Id of the state machine, its role and its logs. */
export const machineId = "pipeline";

/** The state machine with its role and logs. */
export function engine(
  machine: Machine,
  sizes: ReadonlyMap<string, Sized>,
  settings: Settings,
  tooLarge: TooLarge,
): Resource[] {
  const name = stateMachineName(settings.deployment);
  return [
    {
      kind: "logGroup",
      id: machineId,
      name: logGroupName("states", name),
      retention: settings.logRetention,
      kmsKey: settings.kmsKey,
    },
    role(machineId, { service: "states" }, "states", engineStatements(sizes, settings), settings, tooLarge),
    { kind: "stateMachine", id: machineId, name, definition: machine.definition, role: machineId, logGroup: machineId },
  ];
}

function engineStatements(sizes: ReadonlyMap<string, Sized>, settings: Settings): Statement[] {
  const { deployment, partition, region } = settings;
  const tasks = (kind: Sized["kind"]) => [...sizes].filter(([, sized]) => sized.kind === kind).map(([name]) => name);
  const lambda = (name: string) => text`arn:${partition}:lambda:${region}:${account}:function:${name}`;
  const names = [functionName(deployment), ...tasks("function").map((task) => functionName(deployment, task))];
  const rest = [...containerStatements(tasks("container"), settings), deliverLogs];
  const exact = [{ actions: ["lambda:InvokeFunction"], resources: names.map(lambda) }, ...rest];
  if (pack(exact) !== undefined) return exact;
  // Too many to list: then the functions that have the deployment's tags, and these are the same.
  // https://docs.aws.amazon.com/lambda/latest/dg/attribute-based-access-control.html
  const tag = (name: string) => `aws:ResourceTag/glacier:${name}`;
  const { pipeline, tenant } = deployment;
  const condition =
    tenant === undefined
      ? { StringEquals: { [tag("pipeline")]: pipeline }, Null: { [tag("tenant")]: "true" } }
      : { StringEquals: { [tag("pipeline")]: pipeline, [tag("tenant")]: tenant } };
  return [{ actions: ["lambda:InvokeFunction"], resources: [lambda("*")], condition }, ...rest];
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html */
function containerStatements(tasks: readonly string[], { deployment, partition, region }: Settings): Statement[] {
  if (tasks.length === 0) return [];
  const ecs = (what: string) => text`arn:${partition}:ecs:${region}:${account}:${what}`;
  const iam = (name: string) => text`arn:${partition}:iam::${account}:role/${name}`;
  const cluster = clusterName(deployment);
  const onCluster = { ArnEquals: { "ecs:cluster": ecs(`cluster/${cluster}`) } };
  const roles = [
    roleName(deployment, region, { service: "containers" }),
    ...tasks.map((task) => roleName(deployment, region, { task })),
  ];
  return [
    {
      actions: ["ecs:RunTask"],
      resources: tasks.map((task) => ecs(`task-definition/${taskFamily(deployment, task)}:*`)),
      condition: onCluster,
    },
    { actions: ["ecs:DescribeTasks", "ecs:StopTask"], resources: [ecs(`task/${cluster}/*`)] },
    // A task has the tags of its definition: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    {
      actions: ["ecs:TagResource"],
      resources: [ecs(`task/${cluster}/*`)],
      condition: { StringEquals: { "ecs:CreateAction": "RunTask" } },
    },
    {
      actions: ["iam:PassRole"],
      resources: roles.map(iam),
      condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
    {
      actions: ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
      resources: [text`arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForECSTaskRule`],
    },
  ];
}

/** These take no resource. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy */
const deliverLogs: Statement = {
  actions: [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
  ],
  resources: ["*"],
};
