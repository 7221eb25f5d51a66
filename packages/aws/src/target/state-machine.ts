import type { Plan } from "@glacier/core";
import { type Barrier, type SeriesParallel, seriesParallel } from "@glacier/core/compile";
import { failedStep } from "../deployment.ts";
import { functionName } from "../names.ts";
import type { Sized } from "./compute.ts";
import { runStepRetry, services } from "./retry.ts";
import type { Settings } from "./settings.ts";
import { end, type State } from "./state.ts";
import { eventsOf, functionEvents, parallelEvents, taskState } from "./task-state.ts";
import type { Value } from "./text.ts";

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
  const ofTask = <T>(index: number, use: (task: Plan["tasks"][number], sized: Sized) => T): T => {
    const task = plan.tasks[index] as Plan["tasks"][number];
    return use(task, sizes.get(task.name) as Sized);
  };
  const nesting = new Nesting((index) => ofTask(index, (task, sized) => taskState(task, sized, settings)));
  const run = functionName(settings.deployment);
  const { lambda } = services(settings);

  const runStep = (payload: { readonly [key: string]: Value }) => ({
    Type: "Task",
    Resource: lambda.resource,
    Parameters: { FunctionName: run, Payload: payload },
    Retry: [runStepRetry],
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
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: failedStep }],
        Next: "Finish",
      },
      Finish: { ...runStep({ step: "finish", "run.$": "$" }), ResultSelector: taken(["runId"]), End: true },
      [failedStep]: {
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
  const events = plan.tasks.map((_, index) => ofTask(index, eventsOf));
  const least = events.reduce(
    (sum, { once }) => sum + once,
    2 + 2 * functionEvents + parallelEvents * (nesting.parallels + 1),
  );
  return {
    definition,
    events: { least, most: events.reduce((sum, { again }) => sum + again, least) },
    barriers: barriers.map((barrier) => named(barrier, plan)),
  };
}

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
      return [name, { ...state, ...(next === undefined ? end : { Next: next[0] }) }];
    });
    return { StartAt: states[0]?.[0] as string, States: Object.fromEntries(linked) };
  }

  /** No step of a series is one itself. */
  #state(node: SeriesParallel): State {
    if (node.kind === "task") return this.#taskState(node.task);
    const name = `Parallel ${++this.parallels}`;
    const branches = node.kind === "parallel" ? node.branches : node.steps;
    return [name, { Type: "Parallel", Branches: branches.map((branch) => this.sequence(branch)), ResultPath: null }];
  }
}

/** These fields of what the function answered. */
function taken(names: readonly string[]): { readonly [key: string]: Value } {
  return Object.fromEntries(names.map((name) => [`${name}.$`, `$.Payload.${name}`]));
}

function named({ tasks, waitFor }: Barrier, plan: Plan): Machine["barriers"][number] {
  const names = (positions: readonly number[]) => positions.map((i) => plan.tasks[i]?.name as string);
  return { tasks: names(tasks), waitFor: names(waitFor) };
}
