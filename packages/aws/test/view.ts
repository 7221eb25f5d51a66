import type { Artifacts, PlanDataset } from "@glacier/core";
import type { TargetView } from "@glacier/testkit";
import { defaultBucket } from "../src/deployment.ts";
import type { AwsFile, Chain } from "./aws-file.ts";
import { readCloudFormation } from "./cloudformation-file.ts";
import { allows } from "./iam.ts";
import { readTerraform, testAccount } from "./terraform-file.ts";

/** What the emitted files say, for the conformance kit. */
export function awsView(artifacts: Artifacts, form: string): TargetView {
  const file = form === "terraform" ? readTerraform(artifacts) : readCloudFormation(artifacts);
  const tasks = tasksOf(file);
  const statements = (task: string) => file.roles.find(({ name }) => name === tasks.get(task)?.role)?.statements ?? [];
  const [schedule] = file.schedules;
  return {
    tasks: Object.fromEntries([...tasks].map(([name, { after }]) => [name, { after }])),
    names: file.names.map((one) => ({
      ...one,
      ...rules[one.what.replace(/^Terraform id .*/, "Terraform id")],
    })) as TargetView["names"],
    ...(schedule !== undefined && { schedule: { cron: unixCron(schedule.expression), timeZone: schedule.timeZone } }),
    may: (task, action, dataset) =>
      allows(statements(task), action === "read" ? "s3:GetObject" : "s3:PutObject", arnOf(dataset, file)),
    secrets: (task) =>
      secretNames.filter((name) =>
        allows(
          statements(task),
          "secretsmanager:GetSecretValue",
          `arn:aws:secretsmanager:us-east-1:${testAccount}:secret:kit/${name}-a1B2c3`,
        ),
      ),
  };
}

/** All that the kit's tasks ask for, and what their names could be taken for. */
const secretNames = ["api-key", "db-password", "api_token", "Db-Password", "api", "api-key-2", "api-keyring"];

/** Tasks by name, with the role of what runs each, and what must be over before it starts. */
function tasksOf(file: AwsFile): Map<string, { readonly after: string[]; readonly role: string }> {
  const found = new Map<string, { readonly after: string[]; readonly role: string }>();
  const { States, StartAt } = file.machine.definition;
  const begun = States[StartAt]?.Next ?? "";
  for (const branch of States[begun]?.Branches ?? []) walk(branch, []);
  return found;

  /** Answers the tasks of a chain, all of which are over when it is. */
  function walk({ StartAt: first, States: states }: Chain, before: string[]): string[] {
    const all: string[] = [];
    let last = before;
    for (let name: string | undefined = first; name !== undefined; name = states[name]?.Next) {
      const state = states[name];
      if (state === undefined) throw new Error(`there is no state "${name}"`);
      const inside = state.Branches === undefined ? [name] : state.Branches.flatMap((branch) => walk(branch, last));
      if (state.Branches === undefined) add(name, last, state.Parameters ?? {});
      all.push(...inside);
      last = inside;
    }
    return all;
  }

  function add(name: string, after: string[], parameters: Readonly<Record<string, unknown>>): void {
    if (found.has(name)) throw new Error(`two states are named "${name}"`);
    const { FunctionName, TaskDefinition } = parameters;
    const runner =
      file.functions.find((one) => one.name === FunctionName) ??
      file.taskDefinitions.find((one) => one.name === TaskDefinition);
    if (runner === undefined) throw new Error(`nothing runs "${name}"`);
    found.set(name, { after, role: runner.role });
  }
}

function arnOf({ storage, key }: PlanDataset, { buckets }: AwsFile): string {
  const bucket = storage["bucket"] === defaultBucket ? buckets[0] : storage["bucket"];
  const prefix = String(storage["prefix"] ?? "");
  return `arn:aws:s3:::${bucket}/${prefix}${key}`;
}

/** An EventBridge expression in cron's own terms. */
function unixCron(expression: string): string {
  const [minute, hour, day, month, weekday] = expression.slice("cron(".length, -1).split(" ") as [
    string,
    string,
    string,
    string,
    string,
  ];
  const own = (field: string, min: number) => (field === "?" ? "*" : field.replace(new RegExp(`^${min}/`), "*/"));
  return [
    own(minute, 0),
    own(hour, 0),
    own(day, 1),
    own(month, 1),
    own(weekday, 1).replace(/\d+/g, (one) => String(Number(one) - 1)),
  ].join(" ");
}

/** What is legal, from each service's API reference; global is what the account and region, or the world, has once. */
const rules: Readonly<Record<string, Omit<TargetView["names"][number], "name" | "what">>> = {
  bucket: { legal: /(?!xn--)(?!.*--)[a-z0-9][a-z0-9-]+[a-z0-9]/, maxLength: 63, global: true },
  function: { legal: /[a-zA-Z0-9-_]+/, maxLength: 64, global: true },
  role: { legal: /[\w+=,.@-]+/, maxLength: 64, global: true },
  policy: { legal: /[\w+=,.@-]+/, maxLength: 128, global: true },
  "state machine": { legal: /[0-9A-Za-z_-]+/, maxLength: 80, global: true },
  "log group": { legal: /[.\-_/#A-Za-z0-9]+/, maxLength: 512, global: true },
  "task definition": { legal: /[A-Za-z0-9_-]+/, maxLength: 255, global: true },
  cluster: { legal: /[A-Za-z0-9_-]+/, maxLength: 255, global: true },
  repository: {
    legal: /(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/,
    maxLength: 256,
    global: true,
  },
  schedule: { legal: /[0-9a-zA-Z-_.]+/, maxLength: 64, global: true },
  topic: { legal: /[a-zA-Z0-9_-]+/, maxLength: 256, global: true },
  queue: { legal: /[a-zA-Z0-9_-]+/, maxLength: 80, global: true },
  alarm: { legal: /[^\p{Cc}:]+/u, maxLength: 255, global: true },
  rule: { legal: /[.\-_A-Za-z0-9]+/, maxLength: 64, global: true },
  "logical id": { legal: /[A-Za-z0-9]+/, maxLength: 255 },
  "Terraform id": { legal: /[A-Za-z_][A-Za-z0-9_-]*/ },
};
