import {
  type Attribute,
  Join,
  listMark,
  ParameterList,
  type ParameterName,
  type Text,
  type Value,
  withLists,
} from "../text.ts";

/** Names of the variables that lists come from. */
export const variableNames: Readonly<Record<ParameterName, string>> = {
  subnets: "subnets",
  securityGroups: "security_groups",
};

/** An expression in a template. */
export function reference(expression: string): string {
  return `\${${expression}}`;
}

/** A text as a Terraform template. https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping */
export function template(value: Text): string {
  if (typeof value === "string") return literal(value);
  return value.parts
    .map((part) => {
      if (typeof part === "string") return literal(part);
      return reference(part.kind === "account" ? "local.account" : expressions[part.kind](part.of));
    })
    .join("");
}

/** A value as JSON text in a template. */
export function jsonTemplate(value: Value): string {
  // References hold nothing that JSON would escape, so they can go in before it is printed; lists come after.
  const text = JSON.stringify(value, (_, part) => {
    if (part instanceof Join) return template(part);
    if (part instanceof ParameterList) return listMark(part);
    return typeof part === "string" ? literal(part) : part;
  });
  return withLists(text, (name) => reference(`jsonencode(var.${variableNames[name]})`));
}

function literal(text: string): string {
  return text.includes("{") ? text.replace(/([$%])\{/g, "$1$1{") : text;
}

const expressions: Readonly<Record<Attribute, (id: string) => string>> = {
  name: (id) => `aws_s3_bucket.${id}.bucket`,
  url: (id) => `aws_ecr_repository.${id}.repository_url`,
  arn: (id) => `aws_sns_topic.${id}.arn`,
};
