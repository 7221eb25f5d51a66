import { findDataset, type Plan, type PlanDataset, type PlanTask, type StorageResource } from "@glacier/core";
import { attemptWriter, manifestKey, pinsKey, runsPrefix } from "@glacier/core/compile";
import { defaultBucket } from "../deployment.ts";
import { rootOf } from "../storage/bucket.ts";
import { keyOf, keysOf } from "./keys.ts";
import { limits } from "./limits.ts";
import { inS3 } from "./reach.ts";
import { isAccessPoint } from "./s3-names.ts";
import type { Settings } from "./settings.ts";
import { account, plain, type Text, text } from "./text.ts";

/** One statement of a policy; it allows. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly Text[];
  readonly condition?: { readonly [operator: string]: { readonly [key: string]: Text } };
}

/** What the code of each task of a plan may do: read exactly what the task takes, write exactly what it makes. */
export function taskStatements(plan: Plan, settings: Settings): (task: PlanTask) => Statement[] {
  const state = (key: string) => objectArn(plan.state, key, settings);
  // Once for all the tasks that take a dataset.
  const manifests = new Map(plan.datasets.map(({ name }) => [name, state(escaped(manifestKey(plan, name)))]));
  const objects = new Map(
    plan.datasets.filter(inS3).map(({ name, storage, key }) => [name, objectArn(storage, escaped(key), settings)]),
  );
  const arns = (of: ReadonlyMap<string, Text>, datasets: readonly PlanDataset[]) =>
    datasets.flatMap(({ name }) => of.get(name) ?? []);
  const named = (names: readonly string[]) =>
    [...new Set(names)].sort().map((name) => findDataset(plan.datasets, name));

  return (task) => {
    const { quarantine } = typeof task.onInvalid === "string" ? { quarantine: undefined } : task.onInvalid;
    const inputs = named(Object.values(task.inputs));
    const outputs = named([...Object.values(task.outputs), ...(quarantine === undefined ? [] : [quarantine])]);
    const made = inputs.filter(({ producer }) => producer !== undefined);
    const takesSource = made.length < inputs.length;
    return compact([
      {
        actions: ["s3:GetObject"],
        resources: [
          ...arns(objects, inputs),
          ...arns(manifests, made),
          ...(takesSource ? [state(pinsKey(plan, "*"))] : []),
        ],
      },
      { actions: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], resources: arns(objects, outputs) },
      { actions: ["s3:GetObject", "s3:PutObject"], resources: arns(manifests, outputs) },
      { actions: ["s3:PutObject"], resources: [state(`${runsPrefix(plan)}*/${attemptWriter("*", task.name, "*")}.*`)] },
      bucketsOf([plan.state, ...[...inputs, ...outputs].map(({ storage }) => storage)], settings),
      ...keysOf(inputs, ["kms:Decrypt"], settings),
      ...keysOf(outputs, ["kms:Decrypt", "kms:GenerateDataKey"], settings),
      keyOf(settings),
      {
        actions: ["secretsmanager:GetSecretValue"],
        resources: [...new Set(Object.values(task.secrets))].sort().map((name) => secretArn(name, settings)),
      },
    ]);
  };
}

/** What begin and finish may do: pin the sources, and write and read the journal. */
export function runStatements(plan: Plan, settings: Settings): Statement[] {
  const sources = plan.datasets.filter(({ producer, consumers }) => producer === undefined && consumers.length > 0);
  const state = (key: string) => objectArn(plan.state, key, settings);
  return compact([
    {
      actions: ["s3:GetObject"],
      resources: sources.filter(inS3).map(({ storage, key }) => objectArn(storage, escaped(key), settings)),
    },
    {
      actions: ["s3:GetObject", "s3:PutObject"],
      resources: [state(pinsKey(plan, "*")), state(`${runsPrefix(plan)}*`)],
    },
    bucketsOf([plan.state, ...sources.map(({ storage }) => storage)], settings),
    ...keysOf(sources, ["kms:Decrypt"], settings),
    keyOf(settings),
  ]);
}

/** Writing to a log group of its own. */
export function logStatement(logGroup: string, { partition, region }: Settings): Statement {
  return {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [text`arn:${partition}:logs:${region}:${account}:log-group:${logGroup}:*`],
  };
}

/** A role's statements where they are put; undefined where they have no room. */
export function pack(statements: readonly Statement[]): { inline: Statement[]; managed: Statement[][] } | undefined {
  if (sizeOf(statements) <= limits.inlinePolicy.max) return { inline: [...statements], managed: [] };
  const policies: Statement[][] = [[]];
  let left = limits.inlinePolicy.max - overhead;
  for (const statement of statements) {
    let open: Text[] | undefined;
    for (const resource of statement.resources) {
      const size = inLatin1(JSON.stringify(plain(resource))).length + 1;
      const start = sizeOf([{ ...statement, resources: [] }]) - overhead + 1;
      if (open === undefined || size > left) {
        if (size + start > left) {
          policies.push([]);
          left = limits.managedPolicy.max - overhead;
        }
        open = [];
        policies.at(-1)?.push({ ...statement, resources: open });
        left -= start;
      }
      open.push(resource);
      left -= size;
    }
  }
  const [inline = [], ...managed] = policies;
  return managed.length > limits.managedPoliciesPerRole.max ? undefined : { inline, managed };
}

/** A policy as IAM takes it. A type, since an interface isn't JSON to TypeScript. */
export type PolicyDocument<T> = {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: readonly string[];
    readonly Resource: readonly T[];
    readonly Condition?: { readonly [operator: string]: { readonly [key: string]: T } };
  }[];
};

/** Statements as a policy, its texts as `print` has them. */
export function policyDocument<T>(statements: readonly Statement[], print: (text: Text) => T): PolicyDocument<T> {
  return {
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources, condition }) => ({
      Effect: "Allow",
      Action: actions,
      Resource: resources.map(print),
      ...(condition !== undefined && { Condition: mapped(condition, (values) => mapped(values, print)) }),
    })),
  };
}

function mapped<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** JSON text with the characters that IAM takes: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export function inLatin1(json: string): string {
  return json.replace(/[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const overhead = JSON.stringify(policyDocument([], plain)).length;

function sizeOf(statements: readonly Statement[]): number {
  return inLatin1(JSON.stringify(policyDocument(statements, plain))).length;
}

/** ARN of an object below a storage's root. `key` may have wildcards. */
function objectArn(storage: StorageResource, key: string, settings: Settings): Text {
  const of = isAccessPoint(String(storage["bucket"])) ? "/object" : "";
  return text`${bucketArn(storage, settings)}${of}/${escaped(rootOf(storage))}${key}`;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html */
function bucketArn({ bucket }: StorageResource, { partition, bucketName }: Settings): Text {
  if (isAccessPoint(String(bucket))) return String(bucket);
  return text`arn:${partition}:s3:::${bucket === defaultBucket ? bucketName : String(bucket)}`;
}

/** Without this right, S3 answers "denied" and not "no such object" for what isn't there; it shows keys, no content. */
function bucketsOf(storages: readonly StorageResource[], settings: Settings): Statement {
  const buckets = new Map(
    storages.filter((storage) => inS3({ storage })).map((storage) => [storage["bucket"], storage]),
  );
  const arns = [...buckets.values()].map((storage) => bucketArn(storage, settings));
  const distinct = new Map(arns.map((arn) => [plain(arn), arn]));
  return { actions: ["s3:ListBucket"], resources: [...distinct.keys()].sort().map((id) => distinct.get(id) as Text) };
}

/** Secrets Manager adds "-" and six characters to a secret's name. https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html */
function secretArn(name: string, { partition, region, secretsPrefix }: Settings): Text {
  return text`arn:${partition}:secretsmanager:${region}:${account}:secret:${secretsPrefix}${name}-??????`;
}

/** A key as it is, where IAM would see wildcards. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars */
function escaped(key: string): string {
  return key.replace(/[*?$]/g, (character) => `\${${character}}`);
}

function compact(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ resources }) => resources.length > 0);
}
