import type { PlanTask } from "@glacier/core";
import { finalSuffix, variables } from "../deployment.ts";
import { clusterName, taskFamily } from "../names.ts";
import { containerName } from "../overrides.ts";
import { exitCodes } from "../runtime/exit-codes.ts";
import type { SizedContainer } from "./compute.ts";
import { retryOf, services } from "./retry.ts";
import type { Settings } from "./settings.ts";
import { end, type State } from "./state.ts";
import { ParameterList, type Value } from "./text.ts";

/** The state that runs a task in a container, until its end. */
export function containerState(task: PlanTask, sized: SizedContainer, settings: Settings): State {
  if (task.retry.max === 0) return [task.name, { ...runTask(task, sized, settings, first), ResultPath: null }];
  return attempts(task, { ...runTask(task, sized, settings, counted), ...end });
}

/** Seconds beyond its own timeout that a task may take to start. */
const startTime = 600;

/** What a container is told of its attempt: the one that there is, or that which {@link attempts} counts. */
const first = { number: { Value: "1" }, run: "$" };
const counted = { number: { "Value.$": "States.Format('{}', $.attempt)" }, run: "$.run" };

function runTask(
  { name }: PlanTask,
  sized: SizedContainer,
  settings: Settings,
  { number, run }: { readonly number: { readonly [key: string]: Value }; readonly run: string },
): { readonly [key: string]: Value } {
  const { deployment } = settings;
  const { ecs } = services(settings);
  return {
    Type: "Task",
    Resource: ecs.resource,
    Parameters: {
      LaunchType: "FARGATE",
      Cluster: clusterName(deployment),
      TaskDefinition: taskFamily(deployment, name),
      PropagateTags: "TASK_DEFINITION",
      NetworkConfiguration: { AwsvpcConfiguration: networkOf(settings) },
      Overrides: {
        ContainerOverrides: [
          {
            Name: containerName,
            Environment: [
              { Name: variables.task, Value: name },
              { Name: variables.attempt, ...number },
              { Name: variables.run, "Value.$": `States.JsonToString(${run})` },
            ],
          },
        ],
      },
    },
    ...(sized.limit !== undefined && { TimeoutSeconds: Math.ceil(sized.limit) + startTime }),
    Retry: [ecs.retry],
  };
}

/**
 * A container's attempts. Whatever a container fails with is `States.TaskFailed`, which says nothing of whether another try
 * may help: its exit code does, in the cause. A `Parallel` of one branch gives each end a name of its own, and is what is
 * tried again.
 */
function attempts({ name, retry }: PlanTask, run: { readonly [key: string]: Value }): State {
  const [ended, again, forGood, unstarted] = ["Ended", "Again", "For good", "Not started"].map(
    (what) => `${what}: ${name}`,
  ) as [string, string, string, string];
  const failed = { Variable: "$.Error", StringEquals: "States.TaskFailed" };
  return [
    `Attempts: ${name}`,
    {
      Type: "Parallel",
      Parameters: { "attempt.$": "States.MathAdd($$.State.RetryCount, 1)", "run.$": "$" },
      Branches: [
        {
          StartAt: name,
          States: {
            // Here this stands for any error but a timeout: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
            [name]: { ...run, Catch: [{ ErrorEquals: ["States.TaskFailed"], Next: ended }] },
            [ended]: {
              Type: "Choice",
              Choices: [
                {
                  And: [failed, { Or: finalEnds.map((like) => ({ Variable: "$.Cause", StringMatches: like })) }],
                  Next: forGood,
                },
                { ...failed, Next: again },
              ],
              Default: unstarted,
            },
            [again]: { Type: "Fail", Error: crashed, CausePath: "$.Cause" },
            [forGood]: { Type: "Fail", Error: `${crashed}${finalSuffix}`, CausePath: "$.Cause" },
            [unstarted]: { Type: "Fail", ErrorPath: "$.Error", CausePath: "$.Cause" },
          },
        },
      ],
      ResultPath: null,
      Retry: retryOf(retry, [crashed, "States.Timeout"]),
    },
  ];
}

/** The error's code is in the journal; `containerError` reads the rest out of the cause. */
const crashed = "TASK_CRASHED";

/** Causes of ends that are not worth another try, as `containerError` reads them. ECS's own JSON has no white space. */
const finalEnds: readonly string[] = [
  `*"ExitCode":${exitCodes.failedForGood},*`,
  `*"ExitCode":${exitCodes.killed},*`,
  '*"Reason":"OutOfMemory*',
  '*Reason":"CannotPull*',
];

function networkOf({ network }: Settings): { readonly [key: string]: Value } {
  return {
    Subnets: network?.subnets ?? new ParameterList("subnets"),
    SecurityGroups: network?.securityGroups ?? new ParameterList("securityGroups"),
    AssignPublicIp: network?.assignPublicIp === true ? "ENABLED" : "DISABLED",
  };
}
