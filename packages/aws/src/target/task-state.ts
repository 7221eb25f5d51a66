import type { Plan } from "@glacier/core";
import { functionName } from "../names.ts";
import type { Sized, SizedFunction } from "./compute.ts";
import { containerState } from "./container-state.ts";
import { retryableErrors, retryOf, services } from "./retry.ts";
import type { Settings } from "./settings.ts";
import type { State } from "./state.ts";

type PlanTask = Plan["tasks"][number];

/** The state that runs a task: a function, or a container until its end. What it answers is dropped, so that the run's own state stays small. */
export function taskState(task: PlanTask, sized: Sized, settings: Settings): State {
  return sized.kind === "function" ? functionState(task, sized, settings) : containerState(task, sized, settings);
}

/** Events that a task takes, and that each of its retries adds. https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */
export function eventsOf({ retry }: PlanTask, { kind }: Sized): { readonly once: number; readonly again: number } {
  if (kind === "function") return { once: functionEvents, again: retry.max * 3 };
  // Entered, scheduled, submitted, started, succeeded, exited, inside of a Parallel; for each retry six of the task's, nine of what tells ends apart, two of the Parallel.
  return { once: 6 + parallelEvents, again: retry.max * 17 };
}

/** Entered, scheduled, started, succeeded, exited. */
export const functionEvents = 5;
/** Entered, started, succeeded, exited. */
export const parallelEvents = 4;

function functionState({ name, retry }: PlanTask, { timeout }: SizedFunction, settings: Settings): State {
  const { lambda } = services(settings);
  const payload = { task: name, "attempt.$": "States.MathAdd($$.State.RetryCount, 1)", "run.$": "$" };
  return [
    name,
    {
      Type: "Task",
      Resource: lambda.resource,
      Parameters: { FunctionName: functionName(settings.deployment, name), Payload: payload },
      ResultPath: null,
      TimeoutSeconds: timeout + startTime,
      Retry: [lambda.retry, ...retryOf(retry, retryableErrors)],
    },
  ];
}

/** Seconds beyond its own timeout that a function may take to start. */
const startTime = 60;
