import type { PlanTask } from "@glacier/core";
import { finalSuffix, succeededStep, variables } from "../deployment.ts";
import { clusterName, taskFamily } from "../names.ts";
import { containerName } from "../overrides.ts";
import { exitCodes } from "../runtime/exit-codes.ts";
import type { SizedContainer } from "./compute.ts";
import { retryOf, services } from "./retry.ts";
import type { Settings } from "./settings.ts";
import { end, type State } from "./state.ts";
import { ParameterList, type Value } from "./text.ts";

/**
 * The state that runs a task in a container, until its end. Whatever a container fails with is `States.TaskFailed`, which says
 * nothing of whether another try may help, or whether it was the task's own container: the cause does, which is the task as
 * ECS describes it. A `Parallel` of one branch gives each end a name of its own, and is what is tried again.
 */
export function containerState({ name, retry }: PlanTask, sized: SizedContainer, settings: Settings): State {
  const of = (what: string) => `${what}: ${name}`;
  const retries = retryOf(retry, [crashed, "States.Timeout"]);
  const isRetried = retries.length > 0;
  const failed = { Variable: "$.Error", StringEquals: "States.TaskFailed" };
  const states = {
    // Here this stands for any error but a timeout: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    [name]: {
      ...runTask(name, sized, settings),
      Catch: [{ ErrorEquals: ["States.TaskFailed"], Next: of("Ended") }],
      ...end,
    },
    [of("Ended")]: {
      Type: "Choice",
      Choices: [
        { And: [failed, causeLike('{*"Containers":[{*}')], Next: of("Stopped") },
        ...(isRetried ? [{ ...failed, Next: of("Again") }] : []),
      ],
      Default: of("Failed"),
    },
    [of("Stopped")]: {
      Type: "Pass",
      Parameters: { "task.$": "States.StringToJson($.Cause)" },
      ResultPath: "$.stopped",
      Next: of("Own"),
    },
    // Others stand beside it where the account watches its tasks, or a transform adds some.
    [of("Own")]: {
      Type: "Pass",
      InputPath: `$.stopped.task.Containers[?(@.Name == '${containerName}')]`,
      ResultPath: "$.own",
      Next: of("Told"),
    },
    [of("Told")]: {
      Type: "Choice",
      Choices: [
        // Any container's exit code fails the state, also of one that is killed since the task is over.
        { And: [hasExitCode, exitedWith(exitCodes.succeeded)], Next: succeededStep(name) },
        ...(isRetried ? [{ Or: finalEnds, Next: of("For good") }] : []),
      ],
      Default: of(isRetried ? "Again" : "Failed"),
    },
    [succeededStep(name)]: { Type: "Pass", ...end },
    ...(isRetried && {
      [of("Again")]: { Type: "Fail", Error: crashed, CausePath: "$.Cause" },
      [of("For good")]: { Type: "Fail", Error: `${crashed}${finalSuffix}`, CausePath: "$.Cause" },
    }),
    [of("Failed")]: { Type: "Fail", ErrorPath: "$.Error", CausePath: "$.Cause" },
  };
  return [
    of("Attempts"),
    {
      Type: "Parallel",
      Parameters: { "attempt.$": "States.MathAdd($$.State.RetryCount, 1)", "run.$": "$" },
      Branches: [{ StartAt: name, States: states }],
      ResultPath: null,
      ...(isRetried && { Retry: retries }),
    },
  ];
}

/** The error's code is in the journal; `containerError` reads the rest out of the cause. */
const crashed = "TASK_CRASHED";

function exitedWith(code: number): Value {
  return { Variable: "$.own[0].ExitCode", NumericEquals: code };
}

/** A path to nothing would end the execution. */
const hasExitCode: Value = { Variable: "$.own[0].ExitCode", IsPresent: true };
const hasReason: Value = { Variable: "$.own[0].Reason", IsPresent: true };

function reasonLike(pattern: string): Value {
  return { Variable: "$.own[0].Reason", StringMatches: pattern };
}

/** The cause is ECS's own JSON, without white space. */
function causeLike(pattern: string): { readonly [key: string]: Value } {
  return { Variable: "$.Cause", StringMatches: pattern };
}

/** Ends that are not worth another try, as `containerError` reads them. */
const finalEnds: readonly Value[] = [
  {
    And: [
      hasExitCode,
      {
        Or: [
          exitedWith(exitCodes.failedForGood),
          // What is stopped from outside is killed, too, where it doesn't end by itself.
          { And: [exitedWith(exitCodes.killed), causeLike('*"StopCode":"EssentialContainerExited"*')] },
        ],
      },
    ],
  },
  { And: [hasReason, { Or: [reasonLike("OutOfMemory*"), reasonLike("CannotPull*")] }] },
  causeLike('*"StoppedReason":"CannotPull*'),
];

/** Seconds beyond its own timeout that a task may take to start. */
const startTime = 600;

function runTask(name: string, sized: SizedContainer, settings: Settings): { readonly [key: string]: Value } {
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
              { Name: variables.attempt, "Value.$": "States.Format('{}', $.attempt)" },
              { Name: variables.run, "Value.$": "States.JsonToString($.run)" },
            ],
          },
        ],
      },
    },
    ...(sized.limit !== undefined && { TimeoutSeconds: Math.ceil(sized.limit) + startTime }),
    Retry: [ecs.retry],
  };
}

function networkOf({ network }: Settings): { readonly [key: string]: Value } {
  return {
    Subnets: network?.subnets ?? new ParameterList("subnets"),
    SecurityGroups: network?.securityGroups ?? new ParameterList("securityGroups"),
    AssignPublicIp: network?.assignPublicIp === true ? "ENABLED" : "DISABLED",
  };
}
