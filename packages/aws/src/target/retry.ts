import { type ErrorCode, errorCodes, type RetryPolicy } from "@glacier/core";
import { retryableError } from "../deployment.ts";
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
      MaxAttempts: Math.min(max, mostAttempts),
      IntervalSeconds: interval,
      BackoffRate: Math.max(1, factor),
      // A cap must be above the first interval.
      ...(maxDelay > interval ? { MaxDelaySeconds: Math.ceil(maxDelay) } : { BackoffRate: 1 }),
      ...(jitter > 0 && { JitterStrategy: "FULL" }),
    },
  ];
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error */
const mostAttempts = 99_999_999;

/**
 * Names of what may be tried again: errors of Glacier's, and a function that ended before it answered. Lambda calls one
 * that it killed for its memory by the same name as one that crashed, so both are.
 */
export const retryableErrors: readonly string[] = [
  ...(Object.keys(errorCodes) as ErrorCode[]).filter((code) => errorCodes[code]),
  retryableError,
  "Runtime.ExitError",
  "Sandbox.Timedout",
  "Lambda.Unknown",
  "States.Timeout",
];

/** Of a run's first and last step, on which all of it depends: for about ten minutes of whatever may pass. */
export const runStepRetry: Value = {
  ErrorEquals: [...transientErrors.lambda, ...retryableErrors],
  IntervalSeconds: 1,
  MaxAttempts: 20,
  MaxDelaySeconds: 60,
  BackoffRate: 2,
  JitterStrategy: "FULL",
};

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
