import { createHash } from "node:crypto";
import type { Json } from "@glacier/core";
import {
  type Attribute,
  Join,
  jsonOf,
  listMark,
  ParameterList,
  type ParameterName,
  type Ref,
  type Text,
  type Value,
  withLists,
} from "../text.ts";

/** Names of the parameters that lists come from. */
export const parameterNames: Readonly<Record<ParameterName, string>> = {
  subnets: "Subnets",
  securityGroups: "SecurityGroups",
};

/** A resource's name in the template, which takes letters and digits only. Hashed where another id could be folded to it. */
export function logicalId(id: string, type: string): string {
  const words = id.split(/[_-]+/).filter((word) => word !== "");
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const plain = /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/.test(id) || /^[a-z]+_\d+$/.test(id);
  const hash = plain ? "" : createHash("sha256").update(id).digest("hex").slice(0, 8);
  return `${name}${hash}${type}`;
}

/** A text as CloudFormation has it: plain, or a function. */
export function substituted(value: Text): Json {
  if (typeof value === "string") return value;
  const [only] = value.parts;
  if (value.parts.length === 1 && typeof only === "object") return single(only);
  return {
    "Fn::Sub": value.parts.map((part) => (typeof part === "string" ? literal(part) : `\${${names(part)}}`)).join(""),
  };
}

/** A value, its texts as CloudFormation has them. */
export function object(value: Value): Json {
  if (typeof value === "string" || value instanceof Join) return substituted(value);
  if (value instanceof ParameterList) return { Ref: parameterNames[value.name] };
  if (Array.isArray(value)) return value.map(object);
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, object(part)]));
}

/** A value as JSON text, with functions in it where it isn't plain. */
export function jsonText(value: Value): Json {
  const lists = new Set<ParameterName>();
  let references = false;
  jsonOf(value, (part) => {
    if (part instanceof ParameterList) lists.add(part.name);
    else references = true;
    return null;
  });
  if (!references && lists.size === 0) return JSON.stringify(value);
  const marked = JSON.stringify(value, (_, part) => {
    if (typeof part === "string") return literal(part);
    if (part instanceof ParameterList) return listMark(part);
    if (!(part instanceof Join)) return part;
    return part.parts.map((one) => (typeof one === "string" ? literal(one) : `\${${names(one)}}`)).join("");
  });
  // The quotes around the parameter, and those that join its members, make a list of it.
  const text = withLists(marked, (name) => `["\${${parameterNames[name]}}"]`);
  const joined = [...lists]
    .sort()
    .map((name) => [parameterNames[name], { "Fn::Join": ['","', { Ref: parameterNames[name] }] }]);
  return lists.size === 0 ? { "Fn::Sub": text } : { "Fn::Sub": [text, Object.fromEntries(joined)] };
}

const suffixes: Readonly<Record<Attribute, string>> = { name: "Bucket", arn: "Topic", url: "Repository" };

/** A reference as `Fn::Sub` names it. The `Ref` of a bucket is its name, of a topic its ARN. */
function names(ref: Ref): string {
  if (ref.kind === "account") return "AWS::AccountId";
  const id = logicalId(ref.of, suffixes[ref.kind]);
  return ref.kind === "url" ? `${id}.RepositoryUri` : id;
}

function single(ref: Ref): Json {
  const [id, attribute] = names(ref).split(/\.(?=\w+$)/);
  return attribute === undefined ? { Ref: id as string } : { "Fn::GetAtt": [id as string, attribute] };
}

function literal(text: string): string {
  return text.replaceAll("${", "${!");
}
