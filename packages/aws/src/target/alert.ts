import { createHash } from "node:crypto";
import type { Json } from "@glacier/core";
import type { Topic } from "./model.ts";
import { account, ref, text, type Value } from "./text.ts";

/** Events of executions that didn't succeed. https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export function alertPattern(stateMachine: Json): Record<string, Json> {
  return {
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: [stateMachine] },
  };
}

/** What the message says. The cause may be long, and is the run's own to show. */
export function alertInput(pipeline: string): { readonly paths: Record<string, string>; readonly template: string } {
  return {
    paths: {
      run: "$.detail.name",
      status: "$.detail.status",
      error: "$.detail.error",
      account: "$.account",
      region: "$.region",
    },
    template: `"Glacier: run <run> of pipeline ${pipeline} is <status>: <error> (account <account>, <region>). See: glacier runs <run>"`,
  };
}

/**
 * EventBridge may publish to the topic. A condition would never be met, since it tells a topic of no rule and no account:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions. None is needed: a rule of
 * another account publishes as a role of that account, which this doesn't let in:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html
 */
export function topicPolicy({ id, alarm }: Topic): Value {
  const publish = { Effect: "Allow", Action: "sns:Publish", Resource: ref(id, "arn") };
  return {
    Version: "2012-10-17",
    Statement: [
      { ...publish, Principal: { Service: "events.amazonaws.com" } },
      ...(alarm === undefined
        ? []
        : [
            // https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#sns-allow-cloudwatch-alarm-to-publish-to-topic-in-another-account
            {
              ...publish,
              Principal: { Service: "cloudwatch.amazonaws.com" },
              Condition: {
                StringEquals: { "aws:SourceAccount": text`${account}` },
                ArnEquals: { "aws:SourceArn": alarm },
              },
            },
          ]),
    ],
  };
}

/**
 * Ends the id of an address's subscription. By its position, one more address would make those behind it anew, and each has
 * to be confirmed by hand.
 */
export function subscriptionOf(email: string): string {
  return createHash("sha256").update(email).digest("hex").slice(0, 8);
}

/** What an alarm watches: whether a queue has anything in it. It stays on until the queue is empty again. */
export const queueMetric = {
  namespace: "AWS/SQS",
  name: "ApproximateNumberOfMessagesVisible",
  statistic: "Maximum",
  /** Seconds. */
  period: 300,
} as const;
