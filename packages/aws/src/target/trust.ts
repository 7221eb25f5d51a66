import type { Role } from "./model.ts";
import { account, text, type Value } from "./text.ts";

/** Who may take a role on: the service, for this account only where the service says for whom it asks. */
export function trustOf(service: Role["service"]): Value {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: `${service}.amazonaws.com` },
        Action: "sts:AssumeRole",
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html; Lambda sends no account.
        ...(service !== "lambda" && { Condition: { StringEquals: { "aws:SourceAccount": text`${account}` } } }),
      },
    ],
  };
}
