import { type AnyTask, type ColumnType, columnsOf, type Json } from "@glacier/core";
import { usage } from "../command/parse.ts";

/**
 * Run parameters from `--param name=value`, over the environment's. A value is text, unless the tasks' params schemas say
 * that it is a number, a boolean or something nested (JSON); what doesn't read as that stays text, for the schema to refuse.
 * Undefined where there are none at all. Errors: `USAGE`.
 */
export function readParams(
  given: readonly string[] | undefined,
  environment: Readonly<Record<string, unknown>> | undefined,
  tasks: readonly Pick<AnyTask, "params">[],
): { [name: string]: Json } | undefined {
  if (given === undefined && environment === undefined) return undefined;
  const types = paramTypes(tasks);
  const params = { ...environment } as { [name: string]: Json };
  for (const text of given ?? []) {
    const at = text.indexOf("=");
    if (at < 1) throw usage(`--param takes name=value, not "${text}"`, "For instance --param day=2026-11-24.");
    const name = text.slice(0, at);
    params[name] = convert(text.slice(at + 1), types.get(name));
  }
  return params;
}

/** What the schemas agree on. */
function paramTypes(tasks: readonly Pick<AnyTask, "params">[]): Map<string, ColumnType> {
  const types = new Map<string, ColumnType>();
  for (const { params } of tasks) {
    for (const { name, type } of columnsOf(params) ?? []) {
      const other = types.get(name);
      types.set(name, other === undefined || other === type ? type : "unknown");
    }
  }
  return types;
}

function convert(text: string, type: ColumnType | undefined): Json {
  switch (type) {
    case "number":
    case "integer":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "json":
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    default:
      return text;
  }
}
