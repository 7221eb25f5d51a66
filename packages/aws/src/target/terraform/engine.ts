import { alertInput, alertPattern, topicPolicy } from "../alert.ts";
import { type Alert, find, type Model, type Schedule, type StateMachine, type Topic } from "../model.ts";
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
  { id, name, expression, timeZone, stateMachine, role }: Schedule,
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
    },
  });
}

export function printTopic({ id, name, emails }: Topic, printed: Printed): void {
  printed.add("aws_sns_topic", id, { name, tags });
  printed.add("aws_sns_topic_policy", id, {
    arn: reference(`aws_sns_topic.${id}.arn`),
    policy: jsonTemplate(topicPolicy(id)),
  });
  emails.forEach((email, i) => {
    printed.add("aws_sns_topic_subscription", `${id}_${i + 1}`, {
      topic_arn: reference(`aws_sns_topic.${id}.arn`),
      protocol: "email",
      endpoint: email,
    });
  });
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
