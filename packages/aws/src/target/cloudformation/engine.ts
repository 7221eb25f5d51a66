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
import { policiesOf, roleArn } from "./role.ts";
import { tagList } from "./tags.ts";
import { jsonText, logicalId, object, substituted } from "./value.ts";

export function printStateMachine(machine: StateMachine, printed: Printed, model: Model): void {
  const { id, name, definition, role, logGroup } = machine;
  const policies = policiesOf(find(model.resources, "role", role));
  printed.add("AWS::StepFunctions::StateMachine", logicalId(id, "StateMachine"), {
    ...(policies.length > 0 && { DependsOn: policies }),
    StateMachineName: name,
    RoleArn: roleArn(role),
    DefinitionString: jsonText(definition),
    LoggingConfiguration: {
      Level: "ERROR",
      IncludeExecutionData: false,
      Destinations: [
        { CloudWatchLogsLogGroup: { LogGroupArn: { "Fn::GetAtt": [logicalId(logGroup, "LogGroup"), "Arn"] } } },
      ],
    },
    Tags: tagList(model),
  });
}

export function printSchedule(
  { id, name, expression, timeZone, retry, stateMachine, role, unstarted }: Schedule,
  printed: Printed,
): void {
  printed.add("AWS::Scheduler::Schedule", logicalId(id, "Schedule"), {
    Name: name,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timeZone,
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: { Ref: logicalId(stateMachine, "StateMachine") },
      RoleArn: roleArn(role),
      Input: "{}",
      RetryPolicy: { MaximumEventAgeInSeconds: retry.maxAge, MaximumRetryAttempts: retry.max },
      DeadLetterConfig: { Arn: { "Fn::GetAtt": [logicalId(unstarted, "Queue"), "Arn"] } },
    },
  });
}

export function printQueue({ id, name, retention }: Queue, printed: Printed, model: Model): void {
  printed.add("AWS::SQS::Queue", logicalId(id, "Queue"), {
    DeletionPolicy: "Delete",
    UpdateReplacePolicy: "Delete",
    QueueName: name,
    MessageRetentionPeriod: retention,
    SqsManagedSseEnabled: true,
    Tags: tagList(model),
  });
}

export function printTopic(topic: Topic, printed: Printed, model: Model): void {
  const { id, name, emails, kmsKey } = topic;
  const Ref = logicalId(id, "Topic");
  printed.add("AWS::SNS::Topic", Ref, {
    TopicName: name,
    ...(kmsKey !== undefined && { KmsMasterKeyId: kmsKey }),
    Tags: tagList(model),
  });
  printed.add("AWS::SNS::TopicPolicy", logicalId(id, "TopicPolicy"), {
    Topics: [{ Ref }],
    PolicyDocument: object(topicPolicy(topic)),
  });
  for (const email of emails) {
    printed.add("AWS::SNS::Subscription", logicalId(id, `Subscription${subscriptionOf(email)}`), {
      TopicArn: { Ref },
      Protocol: "email",
      Endpoint: email,
    });
  }
}

export function printAlert({ id, name, stateMachine, topic }: Alert, printed: Printed, model: Model): void {
  const { pipeline } = model;
  const { paths, template } = alertInput(pipeline);
  printed.add("AWS::Events::Rule", logicalId(id, "Rule"), {
    Name: name,
    Description: `Runs of ${pipeline} that didn't succeed`,
    EventPattern: alertPattern({ Ref: logicalId(stateMachine, "StateMachine") }),
    Targets: [
      { Id: "topic", Arn: substituted(topic), InputTransformer: { InputPathsMap: paths, InputTemplate: template } },
    ],
    Tags: tagList(model),
  });
}

export function printAlarm({ id, name, description, queue, topic }: Alarm, printed: Printed, model: Model): void {
  printed.add("AWS::CloudWatch::Alarm", logicalId(id, "Alarm"), {
    AlarmName: name,
    AlarmDescription: description,
    Namespace: queueMetric.namespace,
    MetricName: queueMetric.name,
    Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [logicalId(queue, "Queue"), "QueueName"] } }],
    Statistic: queueMetric.statistic,
    Period: queueMetric.period,
    EvaluationPeriods: 1,
    ComparisonOperator: "GreaterThanThreshold",
    Threshold: 0,
    TreatMissingData: "notBreaching",
    AlarmActions: [substituted(topic)],
    Tags: tagList(model),
  });
}
