import { isJson } from "../compile/json.ts";
import { GlacierError } from "../errors/index.ts";
import type { Json } from "../json.ts";
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

/** Wherever its tasks run, a run's params arrive as JSON: what that can't hold would be another value there. Errors: `PARAMS_INVALID`. */
export function jsonParams(params: unknown): Json {
  const fields = typeof params === "object" && params !== null ? Object.entries(params) : [];
  const wrong = fields.find(([, value]) => value !== undefined && !isJson(value));
  if (wrong === undefined && (fields.length > 0 || isJson(params))) return params as Json;
  throw new GlacierError("PARAMS_INVALID", {
    message: `the run's params${wrong === undefined ? "" : `, in "${wrong[0]}",`} hold what JSON can't`,
    hint: "Pass plain objects, lists, texts, numbers, booleans and null: dates and bigints as texts.",
  });
}
