import { GlacierError } from "../errors/index.ts";
import type { Plan } from "../plan/plan.ts";

/** The `RUN_FAILED` of a run whose tasks failed with these errors. */
export function runFailed(
  { pipeline }: Pick<Plan, "pipeline">,
  runId: string,
  failed: readonly GlacierError[],
): GlacierError {
  const [first] = failed;
  const task = first?.context.task;
  return new GlacierError("RUN_FAILED", {
    message: `run ${runId} of pipeline "${pipeline}" failed:\n${failed.map(({ message }) => `- ${message}`).join("\n")}`,
    hint: `Mend the cause, then resume: what is committed is not done again (resume: "${runId}").`,
    cause: first,
    context: { pipeline, runId, ...(task !== undefined && { task }) },
    issues: failed,
  });
}
