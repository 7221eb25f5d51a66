// What states do with their data, as far as AWSTarget emits it: https://states-language.net

// biome-ignore lint/suspicious/noExplicitAny: the data of a state machine
export type Json = any;

/** A rule of a Choice state. */
export interface Rule {
  readonly Next?: string;
  readonly And?: readonly Rule[];
  readonly Or?: readonly Rule[];
  readonly Variable?: string;
  readonly StringEquals?: string;
  readonly StringMatches?: string;
  readonly NumericEquals?: number;
  readonly IsPresent?: boolean;
}

/** A payload template with its paths and functions worked out. */
export function fill(template: Json, data: Json, context: Json): Json {
  if (Array.isArray(template)) return template.map((one) => fill(one, data, context));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith(".$") ? [key.slice(0, -2), worked(String(value), data, context)] : [key, fill(value, data, context)],
    ),
  );
}

function worked(expression: string, data: Json, context: Json): Json {
  const [, name, of = ""] = /^States\.(\w+)\((.+)\)$/.exec(expression) ?? [];
  switch (name) {
    case undefined:
      return expression.startsWith("$$") ? path(expression.slice(1), context) : path(expression, data);
    case "MathAdd": {
      const [path = "", number] = of.split(", ");
      return worked(path, data, context) + Number(number);
    }
    case "JsonToString":
      return JSON.stringify(worked(of, data, context));
    case "StringToJson":
      return JSON.parse(worked(of, data, context));
    case "Format":
      return String(worked(of.replace(/^'\{\}', /, ""), data, context));
    default:
      throw new Error(`the fake knows no ${expression}`);
  }
}

export function path(expression: string, data: Json): Json {
  const [, list, field = "", wanted] = /^(.+)\[\?\(@\.(\w+) == '(\w+)'\)\]$/.exec(expression) ?? [];
  if (list !== undefined) return path(list, data).filter((one: Json) => one[field] === wanted);
  if (!/^\$(\.\w+(\[\d+\])?)*$/.test(expression)) throw new Error(`the fake knows no ${expression}`);
  return (expression.match(/\w+/g) ?? []).reduce((value, name) => value?.[name], data);
}

export function put(data: Json, at: string, value: Json): Json {
  if (at === "$") return value;
  const [name = ""] = at.split(".").slice(1);
  return { ...data, [name]: value };
}

export function holds(rule: Rule, data: Json): boolean {
  const { And, Or, Variable = "", StringEquals, StringMatches, NumericEquals, IsPresent } = rule;
  if (And !== undefined) return And.every((rule) => holds(rule, data));
  if (Or !== undefined) return Or.some((rule) => holds(rule, data));
  const value = path(Variable, data);
  if (IsPresent !== undefined) return (value !== undefined) === IsPresent;
  if (value === undefined) throw new Error(`there is no ${Variable}, which ends an execution`);
  if (NumericEquals !== undefined) return value === NumericEquals;
  if (StringEquals !== undefined) return value === StringEquals;
  const parts = (StringMatches ?? "").split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return typeof value === "string" && new RegExp(`^${parts.join("[^]*")}$`).test(value);
}
