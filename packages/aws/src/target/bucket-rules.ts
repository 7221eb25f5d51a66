import { type Text, text, type Value } from "./text.ts";

/** What happens to objects by themselves; in days. */
export const bucketRules = { name: "glacier", abortUploadsAfter: 7, dropOldVersionsAfter: 30 } as const;

/** Refuses whoever doesn't encrypt the connection. */
export function tlsOnly(name: Text, partition: string): Value {
  const arn = text`arn:${partition}:s3:::${name}`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "OnlyTLS",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, text`${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}
