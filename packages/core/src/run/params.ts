import { isJson, withoutUndefined } from "../compile/json.ts";
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

/** Params as they arrive wherever tasks run: as JSON. What that can't hold would be another value there. Errors: `PARAMS_INVALID`. */
export function jsonParams(given: unknown): Json {
  const params = withoutUndefined(given);
  if (isJson(params)) return params;
  const fields = typeof params === "object" && params !== null ? Object.entries(params) : [];
  const [field] = fields.find(([, value]) => !isJson(value)) ?? [];
  throw new GlacierError("PARAMS_INVALID", {
    message: `the run's params${field === undefined ? "" : `, in "${field}",`} hold what JSON can't`,
    hint: "Pass plain objects, lists, texts, finite numbers, booleans and null: dates and bigints as texts.",
  });
}
