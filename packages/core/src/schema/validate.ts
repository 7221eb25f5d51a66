import { GlacierError } from "../errors/index.ts";
import type { AnySchema, StandardIssue, StandardResult } from "./standard.ts";

/** One thing that is wrong with a value, in words that hold nothing of the value but its type. */
export interface Problem {
  /** `items[3].price`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

/** Validates one value. Synchronous where the schema is. */
export function validate(
  schema: AnySchema,
  value: unknown,
): StandardResult<unknown> | Promise<StandardResult<unknown>> {
  return schema["~standard"].validate(value);
}

/** The issues of a failed validation, with the type of what was found instead of the value. */
export function problemsOf(issues: readonly StandardIssue[], value: unknown): Problem[] {
  return issues.map((issue) => {
    const keys = (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part));
    return { path: pathText(keys), message: `${issue.message} (found ${typeName(at(value, keys))})` };
  });
}

/** The `DATA_INVALID` of one value or row. */
export function invalidData(
  where: { task: string; dataset: string; row?: number; direction: "read" | "written" },
  problems: readonly Problem[],
): GlacierError {
  const { task, dataset, row, direction } = where;
  const shown = problems.slice(0, 5).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return new GlacierError("DATA_INVALID", {
    message: `task "${task}", dataset "${dataset}"${row === undefined ? "" : `, row ${row}`} (${direction}): ${shown.join("; ")}`,
    hint: hintFor(where, problems),
    context: {
      task,
      dataset,
      ...(row !== undefined && { row }),
      ...(problems[0] !== undefined && { path: problems[0].path }),
    },
  });
}

function hintFor(
  { task, dataset, row, direction }: Parameters<typeof invalidData>[0],
  problems: readonly Problem[],
): string {
  if (
    direction === "read" &&
    problems.some(({ message }) => /date/i.test(message) && message.endsWith("(found string)"))
  ) {
    return "JSON has no dates: declare z.coerce.date() (or your library's like), or use a format that has them, such as parquet().";
  }
  const side =
    direction === "read"
      ? `Correct the data or the schema of "${dataset}"`
      : `Correct what "${task}" returns or the schema of "${dataset}"`;
  return row === undefined ? `${side}.` : `${side}; or give the task onInvalid: "skip" or a quarantine dataset.`;
}

function at(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a Date";
  return typeof value === "object" ? "an object" : typeof value;
}

function pathText(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`))
    .join("");
}
