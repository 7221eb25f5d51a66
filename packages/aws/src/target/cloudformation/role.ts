import { policyName } from "../../names.ts";
import type { Model, Role } from "../model.ts";
import { policyDocument } from "../policy.ts";
import type { Printed } from "../print.ts";
import { trustOf } from "../trust.ts";
import { tagList } from "./tags.ts";
import { logicalId, object, substituted } from "./value.ts";

export function printRole(role: Role, printed: Printed, model: Model): void {
  const { id, name, inline, managed, boundary } = role;
  printed.add("AWS::IAM::Role", logicalId(id, "Role"), {
    RoleName: name,
    AssumeRolePolicyDocument: object(trustOf(role)),
    Policies:
      inline.length === 0 ? [] : [{ PolicyName: "glacier", PolicyDocument: policyDocument(inline, substituted) }],
    ...(boundary !== undefined && { PermissionsBoundary: boundary }),
    Tags: tagList(model),
  });
  managed.forEach((statements, i) => {
    printed.add("AWS::IAM::ManagedPolicy", managedId(id, i), {
      ManagedPolicyName: policyName(name, i + 1),
      PolicyDocument: policyDocument(statements, substituted),
      Roles: [{ Ref: logicalId(id, "Role") }],
    });
  });
}

/** What must be there before something may do what the role says; what is in the role itself comes with it. */
export function policiesOf({ id, managed }: Role): string[] {
  return managed.map((_, i) => managedId(id, i));
}

export function roleArn(id: string): { "Fn::GetAtt": string[] } {
  return { "Fn::GetAtt": [logicalId(id, "Role"), "Arn"] };
}

function managedId(id: string, index: number): string {
  return logicalId(id, `Policy${index + 1}`);
}
