import type { RetryPolicy } from "@glacier/core";
import { transientErrors } from "../transient.ts";
import type { Settings } from "./settings.ts";
import type { Value } from "./text.ts";

/** A task's own retries of these errors, as a state machine takes them. */
export function retryOf(
  { max, delay, factor, maxDelay, jitter }: RetryPolicy,
  errors: readonly string[],
): { readonly [key: string]: Value }[] {
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

/** What runs tasks. */
interface Service {
  readonly resource: string;
  /** Of what the service fails with for a moment through no fault of the task's. */
  readonly retry: Value;
}

/** Services that run tasks. */
export function services({ partition }: Settings): { readonly lambda: Service; readonly ecs: Service } {
  return {
    lambda: { resource: `arn:${partition}:states:::lambda:invoke`, retry: transient(transientErrors.lambda) },
    ecs: { resource: `arn:${partition}:states:::ecs:runTask.sync`, retry: transient(transientErrors.ecs) },
  };
}

function transient(errors: readonly string[]): Value {
  return {
    ErrorEquals: errors,
    IntervalSeconds: 1,
    MaxAttempts: 8,
    MaxDelaySeconds: 60,
    BackoffRate: 2,
    JitterStrategy: "FULL",
  };
}
