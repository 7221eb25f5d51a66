import { type ErrorCode, errorCodes, type Plan, type RetryPolicy } from "@glacier/core";
import { type Barrier, type SeriesParallel, seriesParallel } from "@glacier/core/compile";
import { retryableError, variables } from "../deployment.ts";
import { clusterName, functionName, taskFamily } from "../names.ts";
import type { Sized } from "./compute.ts";
import type { Settings } from "./settings.ts";
import { ParameterList, type Value } from "./text.ts";

/** A pipeline as Step Functions runs it. */
export interface Machine {
  /** Amazon States Language (JSONPath). */
  readonly definition: Value;
  /** Events of an execution without a retry, and of one that needs every retry. */
  readonly events: { readonly least: number; readonly most: number };
  /** Tasks by name that wait for others, only because Step Functions nests. */
  readonly barriers: readonly { readonly tasks: readonly string[]; readonly waitFor: readonly string[] }[];
}

/**
 * The state machine of a pipeline: begin, then the tasks nested in `Parallel` states and sequences, then finish. A task's
 * failure is caught once, around all of them: finish is told, and the execution fails with the task's own error.
 * States of tasks have the tasks' names; Glacier's own begin with a capital letter, which no task does.
 */
export function stateMachineOf(plan: Plan, sizes: ReadonlyMap<string, Sized>, settings: Settings): Machine {
  const position = new Map(plan.tasks.map(({ name }, i) => [name, i]));
  const dependencies: Set<number>[] = plan.tasks.map(() => new Set());
  for (const { from, to } of plan.edges) dependencies[position.get(to) as number]?.add(position.get(from) as number);
  const { tree, barriers } = seriesParallel(dependencies.map((before) => [...before]));
  const nesting = new Nesting((task) => taskState(plan, task, sizes, settings));
  const run = functionName(settings.deployment);
  const { lambda } = services(settings);

  const runStep = (payload: { readonly [key: string]: Value }) => ({
    Type: "Task",
    Resource: lambda.resource,
    Parameters: { FunctionName: run, Payload: payload },
    Retry: [lambda.retry],
  });
  const definition: Value = {
    Comment: `Glacier pipeline ${plan.pipeline}${plan.tenant === undefined ? "" : ` of ${plan.tenant}`}`,
    StartAt: "Begin",
    States: {
      Begin: {
        ...runStep({ step: "begin", "execution.$": "$$.Execution.Name", "input.$": "$" }),
        ResultSelector: taken(["runId", "params", "segment", "selected"]),
        Next: "Run",
      },
      Run: {
        Type: "Parallel",
        Branches: [nesting.sequence(tree)],
        ResultPath: null,
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Finish failed" }],
        Next: "Finish",
      },
      Finish: { ...runStep({ step: "finish", "run.$": "$" }), ResultSelector: taken(["runId"]), End: true },
      "Finish failed": {
        ...runStep({ step: "finish", "run.$": "$", "error.$": "$.error" }),
        ResultSelector: { "Error.$": "$.Payload.error.Error", "Cause.$": "$.Payload.error.Cause" },
        ResultPath: "$.error",
        // The task's own error matters more than that the journal lacks its end.
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.unfinished", Next: "Failed" }],
        Next: "Failed",
      },
      Failed: { Type: "Fail", ErrorPath: "$.error.Error", CausePath: "$.error.Cause" },
    },
  };
  const least =
    2 + 2 * events.function + events.parallel * (nesting.parallels + 1) + count(sizes, ({ kind }) => events[kind]);
  const retries = plan.tasks.reduce((sum, { retry }) => sum + retry.max * events.retry, 0);
  return {
    definition,
    events: { least, most: least + retries },
    barriers: barriers.map((barrier) => named(barrier, plan)),
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html: entered, scheduled, started, (submitted,) succeeded, exited. */
const events = { function: 5, container: 6, parallel: 4, retry: 3 } as const;

type State = readonly [name: string, fields: { readonly [key: string]: Value }];

/** Nodes of the tree as states. */
class Nesting {
  parallels = 0;
  readonly #taskState: (task: number) => State;

  constructor(taskState: (task: number) => State) {
    this.#taskState = taskState;
  }

  sequence(node: SeriesParallel): { readonly [key: string]: Value } {
    const states = (node.kind === "series" ? node.steps : [node]).map((step) => this.#state(step));
    const linked = states.map(([name, state], i) => {
      const next = states[i + 1];
      return [name, { ...state, ...(next === undefined ? { End: true } : { Next: next[0] }) }];
    });
    return { StartAt: states[0]?.[0] as string, States: Object.fromEntries(linked) };
  }

  /** No step of a series is one itself. */
  #state(node: Exclude<SeriesParallel, { kind: "series" }> | SeriesParallel): State {
    if (node.kind === "task") return this.#taskState(node.task);
    const name = `Parallel ${++this.parallels}`;
    const branches = node.kind === "parallel" ? node.branches : node.steps;
    return [name, { Type: "Parallel", Branches: branches.map((branch) => this.sequence(branch)), ResultPath: null }];
  }
}

function taskState(plan: Plan, index: number, sizes: ReadonlyMap<string, Sized>, settings: Settings): State {
  const task = plan.tasks[index] as Plan["tasks"][number];
  const sized = sizes.get(task.name) as Sized;
  const { deployment } = settings;
  const { lambda, ecs } = services(settings);
  if (sized.kind === "function") {
    const payload = { task: task.name, "attempt.$": attempt, "run.$": "$" };
    return [
      task.name,
      {
        Type: "Task",
        Resource: lambda.resource,
        Parameters: { FunctionName: functionName(deployment, task.name), Payload: payload },
        ResultPath: null,
        TimeoutSeconds: sized.timeout + startTime.function,
        Retry: [lambda.retry, ...retryOf(task.retry, retryableInFunctions)],
      },
    ];
  }
  return [
    task.name,
    {
      Type: "Task",
      Resource: ecs.resource,
      Parameters: {
        LaunchType: "FARGATE",
        Cluster: clusterName(deployment),
        TaskDefinition: taskFamily(deployment, task.name),
        NetworkConfiguration: { AwsvpcConfiguration: networkOf(settings) },
        Overrides: {
          ContainerOverrides: [
            {
              Name: containerName,
              Environment: [
                { Name: variables.task, Value: task.name },
                { Name: variables.attempt, "Value.$": `States.Format('{}', ${attempt})` },
                { Name: variables.run, "Value.$": "States.JsonToString($)" },
              ],
            },
          ],
        },
      },
      ResultPath: null,
      ...(sized.limit !== undefined && { TimeoutSeconds: Math.ceil(sized.limit) + startTime.container }),
      Retry: [ecs.retry, ...retryOf(task.retry, ["States.TaskFailed", "States.Timeout"])],
    },
  ];
}

/** Name of the one container in each task definition. */
export const containerName = "task";

/** The number of the attempt, from 1. */
const attempt = "States.MathAdd($$.State.RetryCount, 1)";

/** Seconds beyond its own timeout that a task may take to start. */
const startTime = { function: 60, container: 600 } as const;

/** Names of what may be tried again: errors of Glacier's, and a function that ended before it answered. */
const retryableInFunctions: readonly string[] = [
  ...(Object.keys(errorCodes) as ErrorCode[]).filter((code) => errorCodes[code]),
  retryableError,
  "Runtime.ExitError",
  "Sandbox.Timedout",
  "Lambda.Unknown",
  "States.Timeout",
];

function retryOf({ max, delay, factor, maxDelay, jitter }: RetryPolicy, errors: readonly string[]): Value[] {
  if (max === 0) return [];
  const interval = Math.max(1, Math.ceil(Math.min(delay, maxDelay)));
  return [
    {
      ErrorEquals: errors,
      MaxAttempts: max,
      IntervalSeconds: interval,
      BackoffRate: Math.max(1, factor),
      // A cap must be above the first interval.
      ...(maxDelay > interval ? { MaxDelaySeconds: Math.ceil(maxDelay) } : { BackoffRate: 1 }),
      ...(jitter > 0 && { JitterStrategy: "FULL" }),
    },
  ];
}

/** Services that run tasks, and what they fail with for a moment through no fault of the task's. */
function services({ partition }: Settings) {
  const transient = (errors: readonly string[]): Value => ({
    ErrorEquals: errors,
    IntervalSeconds: 1,
    MaxAttempts: 8,
    MaxDelaySeconds: 60,
    BackoffRate: 2,
    JitterStrategy: "FULL",
  });
  return {
    // https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
    lambda: {
      resource: `arn:${partition}:states:::lambda:invoke`,
      retry: transient([
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.ClientExecutionTimeoutException",
      ]),
    },
    ecs: {
      resource: `arn:${partition}:states:::ecs:runTask.sync`,
      retry: transient(["ECS.AmazonECSException", "ECS.ServerException", "ECS.ThrottlingException"]),
    },
  };
}

function networkOf({ network }: Settings): { readonly [key: string]: Value } {
  return {
    Subnets: network?.subnets ?? new ParameterList("subnets"),
    SecurityGroups: network?.securityGroups ?? new ParameterList("securityGroups"),
    AssignPublicIp: network?.assignPublicIp === true ? "ENABLED" : "DISABLED",
  };
}

/** These fields of what the function answered. */
function taken(names: readonly string[]): { readonly [key: string]: Value } {
  return Object.fromEntries(names.map((name) => [`${name}.$`, `$.Payload.${name}`]));
}

function named({ tasks, waitFor }: Barrier, plan: Plan): Machine["barriers"][number] {
  const names = (positions: readonly number[]) => positions.map((i) => plan.tasks[i]?.name as string);
  return { tasks: names(tasks), waitFor: names(waitFor) };
}

function count(sizes: ReadonlyMap<string, Sized>, eventsOf: (sized: Sized) => number): number {
  return [...sizes.values()].reduce((sum, sized) => sum + eventsOf(sized), 0);
}
