import type { Role } from "./model.ts";
import { account, text, type Value } from "./text.ts";

/**
 * Who may take a role on: the service, for this account and, where the service says it, for this deployment's own thing only.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function trustOf({ service, source }: Role): Value {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: `${service}.amazonaws.com` },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": text`${account}` },
          ...(source !== undefined && { ArnLike: { "aws:SourceArn": source } }),
        },
      },
    ],
  };
}
