import type { Plan } from "@glacier/core";
import { attemptWriter, manifestKey, pinsKey, runsPrefix } from "@glacier/core/compile";
import { defaultBucket } from "../src/deployment.ts";
import { functionName, taskFamily } from "../src/names.ts";
import type { AwsFile, IamStatement } from "./aws-file.ts";
import { allows } from "./iam.ts";
import { testAccount } from "./terraform-file.ts";

/** Something of a deployment's that a role could touch, and the tasks that have to. */
export interface Thing {
  readonly what: string;
  readonly arn: string;
  readonly action: string;
  readonly tasks: ReadonlySet<string>;
}

/** Everything that the tasks of a plan read and write, and what no task may. */
export function thingsOf(plan: Plan, file: AwsFile, secretsPrefix: string, region: string): Thing[] {
  const [bucket = ""] = file.buckets;
  const object = (storage: { readonly [key: string]: unknown }, key: string) => {
    const prefix = String(storage["prefix"] ?? "").replace(/^\/|\/$/g, "");
    const own = storage["bucket"] === defaultBucket ? bucket : storage["bucket"];
    return `arn:aws:s3:::${own}/${prefix === "" ? "" : `${prefix}/`}${key}`;
  };
  const state = (key: string) => object(plan.state, key);
  const segment = (writer: string) => state(`${runsPrefix(plan)}run-1/${writer}.000001.ndjson`);
  const things: Thing[] = [];
  const add = (what: string, action: string, arn: string, tasks: Iterable<string>) =>
    void things.push({ what, action, arn, tasks: new Set(tasks) });

  for (const { name, storage, key, producer, consumers } of plan.datasets) {
    const writers = plan.tasks.filter(({ outputs, onInvalid }) => {
      const quarantine = typeof onInvalid === "string" ? undefined : onInvalid.quarantine;
      return quarantine === name || Object.values(outputs).includes(name);
    });
    const write = writers.map((task) => task.name);
    const data = object(storage, key);
    const manifest = state(manifestKey(plan, name));
    add(`data of ${name}`, "s3:PutObject", data, write);
    add(`data of ${name}`, "s3:DeleteObject", data, []);
    add(`manifest of ${name}`, "s3:PutObject", manifest, write);
    add(`data of ${name}`, "s3:GetObject", data, [...write, ...consumers]);
    add(`manifest of ${name}`, "s3:GetObject", manifest, [...write, ...(producer === undefined ? [] : consumers)]);
  }
  for (const { name } of plan.tasks) {
    add(`journal of ${name}`, "s3:PutObject", segment(attemptWriter("000002", name, 1)), [name]);
    add(`journal of ${name}`, "s3:GetObject", segment(attemptWriter("000002", name, 1)), []);
  }
  add("journal of the run", "s3:PutObject", state(`${runsPrefix(plan)}run-1/000001.ndjson`), []);
  add("pins", "s3:PutObject", state(pinsKey(plan, "run-1")), []);
  for (const secret of new Set(plan.tasks.flatMap(({ secrets }) => Object.values(secrets)))) {
    const users = plan.tasks.filter(({ secrets }) => Object.values(secrets).includes(secret));
    const arn = `arn:aws:secretsmanager:${region}:${testAccount}:secret:${secretsPrefix}${secret}-a1B2c3`;
    add(
      `secret ${secret}`,
      "secretsmanager:GetSecretValue",
      arn,
      users.map(({ name }) => name),
    );
  }
  return things;
}

/** What roles may and shouldn't, or may not and should; none where policies are exact. */
export function mistakes(plan: Plan, file: AwsFile, things: readonly Thing[]): string[] {
  return plan.tasks.flatMap(({ name }) => {
    const statements = statementsOf(plan, file, name);
    return things.flatMap(({ what, action, arn, tasks }) => {
      const may = allows(statements, action, arn);
      if (may === tasks.has(name)) return [];
      return [`${name} ${may ? "may" : "may not"} ${action} the ${what} (${arn})`];
    });
  });
}

function statementsOf(plan: Plan, file: AwsFile, task: string): readonly IamStatement[] {
  const runner =
    file.functions.find(({ name }) => name === functionName(plan, task)) ??
    file.taskDefinitions.find(({ name }) => name === taskFamily(plan, task));
  const role = file.roles.find(({ name }) => name === runner?.role);
  if (role === undefined) throw new Error(`task "${task}" has no role`);
  return role.statements;
}
