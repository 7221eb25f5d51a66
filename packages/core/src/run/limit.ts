import { describeThrown, GlacierError, isGlacierError } from "../errors/index.ts";
import type { PlanTask } from "../plan/plan.ts";

/** A limit on an attempt's time. */
export interface TimeLimit {
  /** Fires with `TASK_TIMEOUT` when the time is over, and with `stop`'s reason when that fires. */
  readonly signal: AbortSignal;
  readonly clear: () => void;
}

/** Limits an attempt to `seconds`. */
export function limitTime(task: string, seconds: number, stop: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const onStop = () => controller.abort(stop.reason);
  if (stop.aborted) onStop();
  const timer = setTimeout(() => {
    controller.abort(
      new GlacierError("TASK_TIMEOUT", {
        message: `task "${task}" took longer than its timeout of ${seconds} s`,
        hint: "Raise the timeout, give the task less to do, or look for a call in it that never answers.",
        context: { task },
      }),
    );
  }, seconds * 1000);
  stop.addEventListener("abort", onStop, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      stop.removeEventListener("abort", onStop);
    },
  };
}

/** Seconds that an attempt may take: its compute's own timeout limits it like the task's. */
export function limitOf({ timeout, compute }: Pick<PlanTask, "timeout" | "compute">): number | undefined {
  const own = compute !== undefined && "timeout" in compute ? Number(compute.timeout) : undefined;
  const limits = [timeout, own].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Whatever an attempt rejected with, as a `GlacierError`. */
export function asTaskError(task: string, thrown: unknown): GlacierError {
  if (isGlacierError(thrown)) return ofTask(task, thrown, thrown.cause ?? thrown);
  return new GlacierError("TASK_FAILED", {
    message: `task "${task}" failed: ${describeThrown(thrown)}`,
    hint: "The task's own code threw; the cause says where.",
    cause: thrown,
    context: { task },
  });
}

/** The same error, saying whose it is unless it does: an adapter, a pool or an engine doesn't know. */
export function ofTask(task: string, error: GlacierError, cause: unknown = error.cause): GlacierError {
  if (error.context.task !== undefined) return error;
  const { code, message, hint, retryable, issues, context } = error;
  return new GlacierError(code, {
    message: `task "${task}": ${message}`,
    hint,
    retryable,
    issues,
    cause,
    context: { task, ...context },
  });
}
