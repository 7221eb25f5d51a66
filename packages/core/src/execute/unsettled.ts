import { GlacierError } from "../errors/index.ts";
import type { PlanTask } from "../plan/plan.ts";

/** In a process that runs one attempt: what waits for nothing waits until its timeout, as everywhere else. */
export function keepAlive({ timeout }: Pick<PlanTask, "timeout">): void {
  if (timeout !== undefined) setInterval(() => {}, 2 ** 30);
}

/** The error of an attempt whose process has nothing left to do, and no answer: `TASK_CRASHED`. */
export function unsettled(task: string): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}" waits for something that can't come any more`,
    hint: "Its handler's promise never settles, and nothing is left that could settle it: look for a callback that isn't called.",
    context: { task },
  });
}
