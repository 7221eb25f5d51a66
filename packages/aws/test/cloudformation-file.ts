import type { Artifacts } from "@glacier/core";
import type { AwsFile, Found } from "./aws-file.ts";
import { testAccount } from "./terraform-file.ts";

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };

/** What the emitted CloudFormation template deploys in the test account, its functions worked out. */
export function readCloudFormation(artifacts: Artifacts): AwsFile {
  const template = JSON.parse(String(artifacts["template.json"]));
  const resources: Record<string, Resource> = template.Resources;
  const all = (type: string): Found[] =>
    Object.entries(resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => ({ id, ...(evaluated(Properties, resources, template.Parameters) as object) }));
  const roles = all("AWS::IAM::Role");
  const managed = all("AWS::IAM::ManagedPolicy");
  const named = (type: string, what: string, field = "Name") =>
    all(type).map((one) => ({ what, name: String(one[field]) }));
  const [machine] = all("AWS::StepFunctions::StateMachine");
  return {
    machine: {
      name: String(machine?.["StateMachineName"]),
      definition: JSON.parse(String(machine?.["DefinitionString"])),
    },
    functions: all("AWS::Lambda::Function").map(({ FunctionName, Role }) => ({
      name: String(FunctionName),
      role: String(Role).split("/").at(-1) ?? "",
    })),
    taskDefinitions: all("AWS::ECS::TaskDefinition").map(({ Family, TaskRoleArn }) => ({
      name: String(Family),
      role: String(TaskRoleArn).split("/").at(-1) ?? "",
    })),
    roles: roles.map(({ RoleName, Policies, AssumeRolePolicyDocument }) => ({
      name: String(RoleName),
      trust: (AssumeRolePolicyDocument as { Statement: [] }).Statement,
      statements: [
        ...(Policies as { PolicyDocument: { Statement: [] } }[]).flatMap(
          ({ PolicyDocument }) => PolicyDocument.Statement,
        ),
        ...managed
          .filter(({ Roles }) => (Roles as string[]).includes(String(RoleName)))
          .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: [] }).Statement),
      ],
    })),
    buckets: all("AWS::S3::Bucket").map(({ BucketName }) => String(BucketName)),
    schedules: all("AWS::Scheduler::Schedule").map(({ ScheduleExpression, ScheduleExpressionTimezone }) => ({
      expression: String(ScheduleExpression),
      timeZone: String(ScheduleExpressionTimezone),
    })),
    names: [
      ...named("AWS::S3::Bucket", "bucket", "BucketName"),
      ...named("AWS::Lambda::Function", "function", "FunctionName"),
      ...named("AWS::IAM::Role", "role", "RoleName"),
      ...named("AWS::IAM::ManagedPolicy", "policy", "ManagedPolicyName"),
      ...named("AWS::StepFunctions::StateMachine", "state machine", "StateMachineName"),
      ...named("AWS::Logs::LogGroup", "log group", "LogGroupName"),
      ...named("AWS::ECS::TaskDefinition", "task definition", "Family"),
      ...named("AWS::ECS::Cluster", "cluster", "ClusterName"),
      ...named("AWS::ECR::Repository", "repository", "RepositoryName"),
      ...named("AWS::Scheduler::Schedule", "schedule"),
      ...named("AWS::SNS::Topic", "topic", "TopicName"),
      ...named("AWS::SQS::Queue", "queue", "QueueName"),
      ...named("AWS::CloudWatch::Alarm", "alarm", "AlarmName"),
      ...named("AWS::Events::Rule", "rule"),
      ...Object.keys(resources).map((name) => ({ what: "logical id", name })),
    ],
  };
}

function evaluated(value: unknown, resources: Record<string, Resource>, parameters: Record<string, unknown>): unknown {
  const go = (one: unknown): unknown => evaluated(one, resources, parameters);
  if (Array.isArray(value)) return value.map(go);
  if (typeof value !== "object" || value === null) return value;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Sub": sub, "Fn::Join": join } = value as Record<string, unknown>;
  if (Ref !== undefined) return referred(String(Ref), resources, parameters);
  if (attribute !== undefined) return referred((attribute as string[]).join("."), resources, parameters);
  if (join !== undefined) return "subnet-0";
  if (sub !== undefined) {
    const [text, own] = (Array.isArray(sub) ? sub : [sub, {}]) as [string, Record<string, unknown>];
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, escaped, name) => {
      if (escaped !== "") return `\${${name}}`;
      return String(name in own ? go(own[name]) : referred(name, resources, parameters));
    });
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, go(part)]));
}

function referred(name: string, resources: Record<string, Resource>, parameters: Record<string, unknown>): string {
  if (name === "AWS::AccountId") return testAccount;
  if (name in parameters) return `parameter-${name}`;
  const [id = "", attribute] = name.split(".");
  const of = resources[id];
  if (of === undefined) throw new Error(`the template has no resource or parameter "${id}"`);
  const own = Object.entries(of.Properties).find(([field]) => /^(\w*Name|Family)$/.test(field))?.[1];
  const text = String(evaluated(own, resources, parameters));
  return attribute === "Arn" ? `arn/${of.Type}/${text}` : text;
}
