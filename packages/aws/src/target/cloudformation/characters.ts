import { GlacierError } from "@glacier/core";
import type { Model } from "../model.ts";
import { inLatin1 } from "../policy.ts";
import { plain } from "../text.ts";

/** The error of a policy with characters that IAM takes as escapes only: CloudFormation prints policies itself, without them. */
export function checkCharacters({ resources }: Model): GlacierError | undefined {
  for (const resource of resources) {
    if (resource.kind !== "role") continue;
    const named = [...resource.inline, ...resource.managed.flat()].flatMap((statement) =>
      statement.resources.map(plain),
    );
    const refused = named.find((name) => inLatin1(name) !== name);
    if (refused === undefined) continue;
    return new GlacierError("UNSUPPORTED", {
      message: `the form "cloudformation" can't be deployed: role "${resource.id}" names "${refused}", and the policies that CloudFormation writes have no characters above U+00FF (https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html)`,
      hint: 'Nothing needs to be done for the form "terraform", which escapes them. For CloudFormation, give datasets prefixes and keys of other letters.',
    });
  }
  return undefined;
}
