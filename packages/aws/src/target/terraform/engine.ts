import { alertInput, alertPattern, queueMetric, subscriptionOf, topicPolicy } from "../alert.ts";
import {
  type Alarm,
  type Alert,
  find,
  type Model,
  type Queue,
  type Schedule,
  type StateMachine,
  type Topic,
} from "../model.ts";
import type { Printed } from "../print.ts";
import { policiesOf } from "./role.ts";
import { tags } from "./tags.ts";
import { jsonTemplate, reference, template } from "./value.ts";

export function printStateMachine(
  { id, name, definition, role, logGroup }: StateMachine,
  printed: Printed,
  model: Model,
): void {
  printed.add("aws_sfn_state_machine", id, {
    name,
    role_arn: reference(`aws_iam_role.${role}.arn`),
    definition: jsonTemplate(definition),
    logging_configuration: {
      level: "ERROR",
      include_execution_data: false,
      log_destination: `\${aws_cloudwatch_log_group.${logGroup}.arn}:*`,
    },
    tags,
    depends_on: policiesOf(find(model.resources, "role", role)),
  });
}

export function printSchedule(
  { id, name, expression, timeZone, retry, stateMachine, role, unstarted }: Schedule,
  printed: Printed,
): void {
  printed.add("aws_scheduler_schedule", id, {
    name,
    schedule_expression: expression,
    schedule_expression_timezone: timeZone,
    flexible_time_window: { mode: "OFF" },
    target: {
      arn: reference(`aws_sfn_state_machine.${stateMachine}.arn`),
      role_arn: reference(`aws_iam_role.${role}.arn`),
      input: "{}",
      retry_policy: { maximum_event_age_in_seconds: retry.maxAge, maximum_retry_attempts: retry.max },
      dead_letter_config: { arn: reference(`aws_sqs_queue.${unstarted}.arn`) },
    },
  });
}

export function printQueue({ id, name, retention }: Queue, printed: Printed): void {
  printed.add("aws_sqs_queue", id, {
    name,
    message_retention_seconds: retention,
    sqs_managed_sse_enabled: true,
    tags,
  });
}

export function printTopic(topic: Topic, printed: Printed): void {
  const { id, name, emails, kmsKey } = topic;
  printed.add("aws_sns_topic", id, { name, ...(kmsKey !== undefined && { kms_master_key_id: kmsKey }), tags });
  printed.add("aws_sns_topic_policy", id, {
    arn: reference(`aws_sns_topic.${id}.arn`),
    policy: jsonTemplate(topicPolicy(topic)),
  });
  for (const email of emails) {
    printed.add("aws_sns_topic_subscription", `${id}_${subscriptionOf(email)}`, {
      topic_arn: reference(`aws_sns_topic.${id}.arn`),
      protocol: "email",
      endpoint: template(email),
    });
  }
}

export function printAlert({ id, name, stateMachine, topic }: Alert, printed: Printed, { pipeline }: Model): void {
  printed.add("aws_cloudwatch_event_rule", id, {
    name,
    description: `Runs of ${pipeline} that didn't succeed`,
    event_pattern: JSON.stringify(alertPattern(reference(`aws_sfn_state_machine.${stateMachine}.arn`))),
    tags,
  });
  const { paths, template: message } = alertInput(pipeline);
  printed.add("aws_cloudwatch_event_target", id, {
    rule: reference(`aws_cloudwatch_event_rule.${id}.name`),
    arn: template(topic),
    input_transformer: { input_paths: paths, input_template: message },
  });
}

export function printAlarm({ id, name, description, queue, topic }: Alarm, printed: Printed): void {
  printed.add("aws_cloudwatch_metric_alarm", id, {
    alarm_name: name,
    alarm_description: description,
    namespace: queueMetric.namespace,
    metric_name: queueMetric.name,
    dimensions: { QueueName: reference(`aws_sqs_queue.${queue}.name`) },
    statistic: queueMetric.statistic,
    period: queueMetric.period,
    evaluation_periods: 1,
    comparison_operator: "GreaterThanThreshold",
    threshold: 0,
    treat_missing_data: "notBreaching",
    alarm_actions: [template(topic)],
    tags,
  });
}
