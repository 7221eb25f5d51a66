import { expect, it } from "vitest";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { allows } from "../../test/iam.ts";
import { compiled, pipelineOf, said, taskOf } from "../../test/plans.ts";
import { readTerraform, testAccount } from "../../test/terraform-file.ts";

const kmsKey = `arn:aws:kms:us-east-1:${testAccount}:key/1`;
type Target = {
  readonly target: { readonly dead_letter_config: { readonly arn: string }; readonly retry_policy: object };
};
const emails = ["ops@acme.example"];

async function filesOf(...[options, schedule = "0 3 * * *"]: [Parameters<typeof compiled>[1], string?]) {
  const { forms, diagnostics } = await compiled(
    pipelineOf([taskOf("load")], schedule === "" ? {} : { schedule }),
    options,
  );
  const terraform = await forms.terraform();
  const cloudformation = await forms.cloudformation();
  return {
    diagnostics,
    roles: [...readTerraform(terraform).roles, ...readCloudFormation(cloudformation).roles],
    terraform: JSON.parse(String(terraform["main.tf.json"])).resource,
    cloudformation: JSON.parse(String(cloudformation["template.json"])).Resources,
  };
}

it("a start that fails is tried for an hour, and then kept in a queue", async () => {
  const { terraform, cloudformation, roles } = await filesOf({}, "0 0 13 * fri");
  expect(Object.values(terraform.aws_scheduler_schedule)).toHaveLength(2);
  for (const { target } of Object.values<Target>(terraform.aws_scheduler_schedule)) {
    expect(target.dead_letter_config.arn).toBe(`\${aws_sqs_queue.unstarted.arn}`);
    expect(target.retry_policy).toEqual({ maximum_event_age_in_seconds: 3600, maximum_retry_attempts: 185 });
  }
  for (const id of ["ScheduleSchedule", "Schedule2Schedule"]) {
    const { Target } = cloudformation[id].Properties;
    expect(Target.DeadLetterConfig).toEqual({ Arn: { "Fn::GetAtt": ["UnstartedQueue", "Arn"] } });
    expect(Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185 });
  }
  expect(terraform.aws_sqs_queue.unstarted).toMatchObject({
    name: "orders--unstarted",
    message_retention_seconds: 14 * 86_400,
    sqs_managed_sse_enabled: true,
  });
  expect(cloudformation.UnstartedQueue.Properties).toMatchObject({
    QueueName: "orders--unstarted",
    SqsManagedSseEnabled: true,
  });
  const queue = `arn:aws:sqs:us-east-1:${testAccount}:orders--unstarted`;
  const may = roles.filter(({ statements }) => allows(statements, "sqs:SendMessage", queue)).map(({ name }) => name);
  expect(may).toEqual(["orders--schedule--us-east-1", "orders--schedule--us-east-1"]);
  expect(terraform.aws_cloudwatch_metric_alarm, "nobody asked for alerts").toBeUndefined();
});

it("whoever is alerted is told of it, by an alarm that alone may publish for CloudWatch", async () => {
  const { terraform, cloudformation } = await filesOf({ alerts: { emails } });
  expect(terraform.aws_cloudwatch_metric_alarm.unstarted).toMatchObject({
    dimensions: { QueueName: `\${aws_sqs_queue.unstarted.name}` },
    metric_name: "ApproximateNumberOfMessagesVisible",
    threshold: 0,
    treat_missing_data: "notBreaching",
    alarm_actions: [`\${aws_sns_topic.alerts.arn}`],
  });
  expect(cloudformation.UnstartedAlarm.Properties).toMatchObject({
    Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": ["UnstartedQueue", "QueueName"] } }],
    AlarmActions: [{ Ref: "AlertsTopic" }],
  });
  const [events, alarms, ...others] = cloudformation.AlertsTopicPolicy.Properties.PolicyDocument.Statement;
  expect(others).toEqual([]);
  expect(events).toMatchObject({ Principal: { Service: "events.amazonaws.com" }, Action: "sns:Publish" });
  expect(alarms).toMatchObject({
    Principal: { Service: "cloudwatch.amazonaws.com" },
    Condition: {
      StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
      ArnEquals: {
        "aws:SourceArn": { "Fn::Sub": `arn:aws:cloudwatch:us-east-1:\${AWS::AccountId}:alarm:orders--unstarted` },
      },
    },
  });
  const topicArn = `arn:aws:sns:us-east-1:${testAccount}:ops`;
  const given = await filesOf({ alerts: { topicArn } });
  expect(given.terraform.aws_cloudwatch_metric_alarm.unstarted.alarm_actions).toEqual([topicArn]);
  expect(given.terraform.aws_sns_topic).toBeUndefined();
});

it("what tells of failures has the deployment's tags", async () => {
  const { terraform, cloudformation } = await filesOf({ alerts: { emails }, tags: { team: "data" } });
  for (const type of ["aws_sns_topic", "aws_cloudwatch_event_rule", "aws_cloudwatch_metric_alarm", "aws_sqs_queue"])
    for (const { tags } of Object.values<{ tags: string }>(terraform[type])) expect(tags).toBe(`\${local.tags}`);
  for (const id of ["AlertsTopic", "AlertsRule", "UnstartedAlarm", "UnstartedQueue"])
    expect(cloudformation[id].Properties.Tags).toContainEqual({ Key: "team", Value: "data" });
});

it("without a schedule there is neither queue nor alarm, and CloudWatch may publish nothing", async () => {
  const { terraform } = await filesOf({ alerts: { emails } }, "");
  expect(terraform.aws_sqs_queue).toBeUndefined();
  expect(terraform.aws_cloudwatch_metric_alarm).toBeUndefined();
  expect(terraform.aws_sns_topic_policy.alerts.policy).not.toContain("cloudwatch");
});

it("a key encrypts logs and alerts too, and its policy is spoken of", async () => {
  const { terraform, cloudformation, diagnostics } = await filesOf({ kmsKey, alerts: { emails } });
  const groups = Object.values<{ kms_key_id: string }>(terraform.aws_cloudwatch_log_group);
  expect(groups).toHaveLength(3);
  for (const { kms_key_id } of groups) expect(kms_key_id).toBe(kmsKey);
  expect(terraform.aws_sns_topic.alerts.kms_master_key_id).toBe(kmsKey);
  expect(cloudformation.RunLogGroup.Properties.KmsKeyId).toBe(kmsKey);
  expect(cloudformation.AlertsTopic.Properties.KmsMasterKeyId).toBe(kmsKey);
  expect(said(diagnostics)).toEqual([
    expect.stringMatching(
      /^info PERMISSION_DENIED: .*logs\.us-east-1\.amazonaws\.com, events\.amazonaws\.com and cloudwatch\.amazonaws\.com/,
    ),
  ]);
  const { diagnostics: withoutAlerts } = await filesOf({ kmsKey });
  expect(said(withoutAlerts)).toEqual([expect.stringMatching(/logs\.us-east-1\.amazonaws\.com use/)]);
  const plain = await filesOf({ alerts: { emails } });
  expect(plain.diagnostics).toEqual([]);
  expect(JSON.stringify(plain.terraform)).not.toContain("kms");
});
