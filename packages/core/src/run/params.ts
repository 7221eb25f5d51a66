import { GlacierError } from "../errors/index.ts";
import { problemsOf, validate } from "../schema/validate.ts";
import type { AnyTask } from "../task/types.ts";

/** Validates run parameters against one task's schema; tasks without one get them as they are. Errors: `PARAMS_INVALID`. */
export async function checkParams(task: Pick<AnyTask, "name" | "params">, params: unknown): Promise<unknown> {
  if (task.params === undefined) return params;
  const result = await validate(task.params, params);
  if (result.issues === undefined) return result.value;
  const problems = problemsOf(result.issues, params).map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
  throw new GlacierError("PARAMS_INVALID", {
    message: `the run's params don't fit task "${task.name}": ${problems.join("; ")}`,
    hint: "Pass them to run({ params }) or on the command line with --param name=value.",
    context: { task: task.name },
  });
}
