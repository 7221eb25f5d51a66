import type { IamStatement } from "./aws-file.ts";

/** Whether statements of a role allow an action on a resource, as IAM decides; conditions are taken as met. */
export function allows(statements: readonly IamStatement[], action: string, resource: string): boolean {
  const matching = statements.filter(
    ({ Action, Resource }) =>
      list(Action).some((pattern) => matches(pattern, action)) &&
      list(Resource).some((pattern) => matches(pattern, resource)),
  );
  return matching.some(({ Effect }) => Effect === "Allow") && !matching.some(({ Effect }) => Effect === "Deny");
}

const compiled = new Map<string, RegExp>();

/** `*` and `?` stand for anything; `${*}`, `${?}` and `${$}` for themselves. */
function matches(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    const source = pattern.replace(/\$\{([*?$])\}|[\s\S]/g, (part, literal) => {
      if (literal !== undefined) return `\\${literal}`;
      return part === "*" ? "[\\s\\S]*" : part === "?" ? "[\\s\\S]" : part.replace(/[\\^$.|+()[\]{}/-]/g, "\\$&");
    });
    expression = new RegExp(`^${source}$`);
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}

function list(one: string | readonly string[]): readonly string[] {
  return typeof one === "string" ? [one] : one;
}
