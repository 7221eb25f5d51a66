import type { Artifacts } from "@glacier/core";
import type { AwsFile, Found } from "./aws-file.ts";

/** Twelve digits, as accounts are. */
export const testAccount = "123456789012";

type Properties = Record<string, unknown>;
type Resources = Record<string, Record<string, Properties>>;

/** What the emitted Terraform deploys in the test account, its expressions worked out. */
export function readTerraform(artifacts: Artifacts): AwsFile {
  const { resource, data, locals } = JSON.parse(String(artifacts["main.tf.json"]));
  const types: Resources = resource;
  const all = (type: string): Found[] =>
    Object.entries(types[type] ?? {}).map(([id, properties]) => ({
      id,
      ...evaluated(properties, types, locals, data),
    }));
  const parse = (text: unknown) => JSON.parse(String(text));
  const roles = all("aws_iam_role");
  const policies = [
    ...all("aws_iam_role_policy").map(({ role, policy }) => ({ role, document: parse(policy) })),
    ...all("aws_iam_role_policy_attachment").map(({ id, role }) => ({
      role,
      document: parse(all("aws_iam_policy").find((one) => one.id === id)?.["policy"]),
    })),
  ];
  const named = (type: string, what: string, field = "name") =>
    all(type).map((one) => ({ what, name: String(one[field]) }));
  const [machine] = all("aws_sfn_state_machine");
  return {
    machine: { name: String(machine?.["name"]), definition: parse(machine?.["definition"]) },
    functions: all("aws_lambda_function").map(({ function_name, role }) => ({
      name: String(function_name),
      role: String(role).split("/").at(-1) ?? "",
    })),
    taskDefinitions: all("aws_ecs_task_definition").map(({ family, task_role_arn }) => ({
      name: String(family),
      role: String(task_role_arn).split("/").at(-1) ?? "",
    })),
    roles: roles.map(({ name, assume_role_policy }) => ({
      name: String(name),
      trust: parse(assume_role_policy).Statement,
      statements: policies.filter(({ role }) => role === name).flatMap(({ document }) => document.Statement),
    })),
    buckets: all("aws_s3_bucket").map(({ bucket }) => String(bucket)),
    schedules: all("aws_scheduler_schedule").map(({ schedule_expression, schedule_expression_timezone }) => ({
      expression: String(schedule_expression),
      timeZone: String(schedule_expression_timezone),
    })),
    names: [
      ...named("aws_s3_bucket", "bucket", "bucket"),
      ...named("aws_lambda_function", "function", "function_name"),
      ...named("aws_iam_role", "role"),
      ...named("aws_iam_policy", "policy"),
      ...named("aws_sfn_state_machine", "state machine"),
      ...named("aws_cloudwatch_log_group", "log group"),
      ...named("aws_ecs_task_definition", "task definition", "family"),
      ...named("aws_ecs_cluster", "cluster"),
      ...named("aws_ecr_repository", "repository"),
      ...named("aws_scheduler_schedule", "schedule"),
      ...named("aws_sns_topic", "topic"),
      ...named("aws_sqs_queue", "queue"),
      ...named("aws_cloudwatch_metric_alarm", "alarm", "alarm_name"),
      ...named("aws_cloudwatch_event_rule", "rule"),
      ...Object.values(types).flatMap((ids, i) =>
        Object.keys(ids).map((name) => ({ what: `Terraform id ${i}`, name })),
      ),
    ],
  };
}

/** Properties with the values that Terraform would know after an apply. */
function evaluated(properties: Properties, types: Resources, locals: Properties, data: unknown): Properties {
  if (data === undefined) throw new Error("no data source tells the account");
  const value = (expression: string): string => {
    if (expression === "local.account" || expression === "data.aws_caller_identity.current.account_id")
      return testAccount;
    if (expression === "local.tags") return JSON.stringify(locals["tags"]);
    if (expression === "path.module") return ".";
    if (expression.startsWith("jsonencode(var.")) return '["subnet-0"]';
    const [type = "", id = "", attribute = ""] = expression.split(".");
    const of = types[type]?.[id];
    if (of === undefined) throw new Error(`the module has no ${type}.${id}`);
    const own = of[attribute];
    if (typeof own === "string") return text(own);
    const name = ["name", "function_name", "bucket", "family"]
      .map((field) => of[field])
      .find((one) => one !== undefined);
    return `arn/${type}/${text(String(name))}`;
  };
  const text = (template: string): string =>
    template.replace(/([$%])\1\{|\$\{([^}]+)\}/g, (_, sign, expression) =>
      sign === undefined ? value(expression) : `${sign}{`,
    );
  const walk = (one: unknown): unknown => {
    if (typeof one === "string") return text(one);
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, part]) => [name, walk(part)]));
  };
  return walk(properties) as Properties;
}
