import { alertInput, alertPattern, topicPolicy } from "../alert.ts";
import { type Alert, find, type Model, type Schedule, type StateMachine, type Topic } from "../model.ts";
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
  { id, name, expression, timeZone, stateMachine, role }: Schedule,
  printed: Printed,
): void {
  printed.add("AWS::Scheduler::Schedule", logicalId(id, "Schedule"), {
    Name: name,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timeZone,
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: { Ref: logicalId(stateMachine, "StateMachine") }, RoleArn: roleArn(role), Input: "{}" },
  });
}

export function printTopic({ id, name, emails }: Topic, printed: Printed, model: Model): void {
  const topic = logicalId(id, "Topic");
  printed.add("AWS::SNS::Topic", topic, { TopicName: name, Tags: tagList(model) });
  printed.add("AWS::SNS::TopicPolicy", logicalId(id, "TopicPolicy"), {
    Topics: [{ Ref: topic }],
    PolicyDocument: object(topicPolicy(id)),
  });
  emails.forEach((email, i) => {
    printed.add("AWS::SNS::Subscription", logicalId(id, `Subscription${i + 1}`), {
      TopicArn: { Ref: topic },
      Protocol: "email",
      Endpoint: email,
    });
  });
}

export function printAlert({ id, name, stateMachine, topic }: Alert, printed: Printed, { pipeline }: Model): void {
  const { paths, template } = alertInput(pipeline);
  printed.add("AWS::Events::Rule", logicalId(id, "Rule"), {
    Name: name,
    Description: `Runs of ${pipeline} that didn't succeed`,
    EventPattern: alertPattern({ Ref: logicalId(stateMachine, "StateMachine") }),
    Targets: [
      { Id: "topic", Arn: substituted(topic), InputTransformer: { InputPathsMap: paths, InputTemplate: template } },
    ],
  });
}
