import { policyName } from "../../names.ts";
import type { Role } from "../model.ts";
import { inLatin1, policyDocument, type Statement } from "../policy.ts";
import type { Printed } from "../print.ts";
import { trustOf } from "../trust.ts";
import { tags } from "./tags.ts";
import { jsonTemplate, reference, template } from "./value.ts";

export function printRole(role: Role, printed: Printed): void {
  const { id, name, inline, managed, boundary } = role;
  printed.add("aws_iam_role", id, {
    name,
    assume_role_policy: jsonTemplate(trustOf(role)),
    ...(boundary !== undefined && { permissions_boundary: boundary }),
    tags,
  });
  const of = { role: reference(`aws_iam_role.${id}.name`) };
  if (inline.length > 0) {
    printed.add("aws_iam_role_policy", id, { name: "glacier", ...of, policy: policyOf(inline) });
  }
  managed.forEach((statements, i) => {
    const own = `${id}_${i + 1}`;
    printed.add("aws_iam_policy", own, {
      name: policyName(name, i + 1),
      policy: policyOf(statements),
      tags,
    });
    printed.add("aws_iam_role_policy_attachment", own, { ...of, policy_arn: reference(`aws_iam_policy.${own}.arn`) });
  });
}

function policyOf(statements: readonly Statement[]): string {
  return inLatin1(JSON.stringify(policyDocument(statements, template)));
}

/** What must be there before something may do what the role says. */
export function policiesOf({ id, inline, managed }: Role): string[] {
  return [
    ...(inline.length > 0 ? [`aws_iam_role_policy.${id}`] : []),
    ...managed.map((_, i) => `aws_iam_role_policy_attachment.${id}_${i + 1}`),
  ];
}
