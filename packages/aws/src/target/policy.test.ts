import { Dataset, ndjson, secret, storage } from "@glacier/core";
import { manifestKey, pinsKey, runsPrefix } from "@glacier/core/compile";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AwsFile } from "../../test/aws-file.ts";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { allows } from "../../test/iam.ts";
import { compiled, dag, pipelineOf, planOf, said, taskOf, tasksOf } from "../../test/plans.ts";
import { readTerraform, testAccount } from "../../test/terraform-file.ts";
import { limits } from "./limits.ts";
import { pack, type Statement } from "./policy.ts";

const bucket = `orders-${testAccount}-us-east-1`;
const state = (key: string) => `arn:aws:s3:::${bucket}/.glacier/${key}`;

async function filesOf(...given: Parameters<typeof compiled>): Promise<AwsFile[]> {
  const compilation = await compiled(...given);
  expect(said(compilation.diagnostics).filter((line) => line.startsWith("error"))).toEqual([]);
  const terraform = readTerraform(await compilation.forms.terraform());
  // No stack has as many resources as the largest pipelines here.
  if (said(compilation.diagnostics).some((line) => line.includes("than the 500 that a stack takes")))
    return [terraform];
  return [terraform, readCloudFormation(await compilation.forms.cloudformation())];
}

function statementsOf(file: AwsFile, fn: string) {
  const role = file.functions.find(({ name }) => name === fn)?.role;
  return file.roles.find(({ name }) => name === role)?.statements ?? [];
}

describe("a task's role", () => {
  const raw = new Dataset("raw", { storage: storage.s3({ bucket: "acme", prefix: "/in/", key: "raw*[$].json" }) });
  const clean = new Dataset("clean", { format: ndjson<{ id: string }>() });
  const bad = new Dataset("bad", { format: ndjson<never>() });
  const pipeline = pipelineOf([
    taskOf("load", { inputs: { raw }, output: clean, onInvalid: bad, secrets: { key: secret("api-key") } }),
    taskOf("sum", { inputs: { clean } }),
  ]);

  it("may do what its edges say, and nothing else", async () => {
    const kmsKey = `arn:aws:kms:us-east-1:${testAccount}:key/1`;
    for (const file of await filesOf(pipeline, { kmsKey })) {
      const load = statementsOf(file, "orders-load");
      const may = (action: string, resource: string) => allows(load, action, resource);
      const object = (key: string) => `arn:aws:s3:::${bucket}/${key}`;
      expect(may("s3:GetObject", "arn:aws:s3:::acme/in/raw*[$].json")).toBe(true);
      expect(may("s3:PutObject", "arn:aws:s3:::acme/in/raw*[$].json")).toBe(false);
      expect(may("s3:GetObject", "arn:aws:s3:::acme/in/raw-other[$].json"), "the star is the key's own").toBe(false);
      for (const key of [object("clean.ndjson"), object("bad.ndjson")]) {
        for (const action of ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"])
          expect(may(action, key)).toBe(true);
        expect(may("s3:DeleteObject", key)).toBe(false);
      }
      for (const name of ["clean", "bad"])
        expect(may("s3:PutObject", state(manifestKey({ pipeline: "orders" }, name)))).toBe(true);
      expect(may("s3:GetObject", state(pinsKey({ pipeline: "orders" }, "20260101-ab12")))).toBe(true);
      const runs = runsPrefix({ pipeline: "orders" });
      expect(may("s3:PutObject", state(`${runs}20260101-ab12/000002.load.1.000001.ndjson`))).toBe(true);
      expect(may("s3:PutObject", state(`${runs}20260101-ab12/000002.sum.1.000001.ndjson`))).toBe(false);
      expect(may("s3:GetObject", state(`${runs}20260101-ab12/000002.load.1.000001.ndjson`))).toBe(false);
      expect(may("s3:ListBucket", `arn:aws:s3:::${bucket}`)).toBe(true);
      expect(may("s3:ListBucket", "arn:aws:s3:::acme")).toBe(true);
      expect(may("kms:Decrypt", kmsKey)).toBe(true);
      expect(load.find(({ Resource }) => String(Resource) === kmsKey)?.Condition).toEqual({
        StringLike: { "kms:ViaService": "s3.us-east-1.*" },
      });
      const secretArn = (name: string) => `arn:aws:secretsmanager:us-east-1:${testAccount}:secret:orders/${name}`;
      expect(may("secretsmanager:GetSecretValue", secretArn("api-key-Ab12Cd"))).toBe(true);
      expect(may("secretsmanager:GetSecretValue", secretArn("api-key-old-Ab12Cd"))).toBe(false);
      expect(
        may(
          "logs:PutLogEvents",
          `arn:aws:logs:us-east-1:${testAccount}:log-group:/aws/lambda/orders-load:log-stream:x`,
        ),
      ).toBe(true);
      expect(
        may("logs:PutLogEvents", `arn:aws:logs:us-east-1:${testAccount}:log-group:/aws/lambda/orders-sum:log-stream:x`),
      ).toBe(false);
      const sum = statementsOf(file, "orders-sum");
      expect(allows(sum, "s3:GetObject", state(pinsKey({ pipeline: "orders" }, "x"))), "it takes no source").toBe(
        false,
      );
      expect(allows(sum, "s3:GetObject", state(manifestKey({ pipeline: "orders" }, "clean")))).toBe(true);
      expect(allows(sum, "s3:ListBucket", "arn:aws:s3:::acme")).toBe(false);
    }
  });

  it("may use the keys that its datasets name", async () => {
    const arn = "arn:aws:kms:us-east-1:210987654321:key/abc";
    const encrypted = (name: string, kms: string) =>
      new Dataset(name, { storage: storage.s3({ bucket: "acme", prefix: name, encryption: { kms } }) });
    const pipeline = pipelineOf([
      taskOf("load", { inputs: { raw: encrypted("raw", arn) }, output: encrypted("rows", "1234-abcd") }),
      taskOf("tell", { output: encrypted("told", "alias/told") }),
    ]);
    for (const file of await filesOf(pipeline)) {
      const load = statementsOf(file, "orders-load");
      const own = `arn:aws:kms:us-east-1:${testAccount}:key/1234-abcd`;
      expect(["kms:Decrypt", "kms:GenerateDataKey"].map((action) => allows(load, action, arn))).toEqual([true, false]);
      expect(["kms:Decrypt", "kms:GenerateDataKey"].map((action) => allows(load, action, own))).toEqual([true, true]);
      for (const { Action, Condition } of load) {
        if (String(Action).includes("kms:"))
          expect(Condition, "by way of S3 only").toEqual({ StringLike: { "kms:ViaService": "s3.us-east-1.*" } });
      }
      expect(statementsOf(file, "orders-tell")).toContainEqual({
        Effect: "Allow",
        Action: ["kms:Decrypt", "kms:GenerateDataKey"],
        Resource: [`arn:aws:kms:us-east-1:${testAccount}:key/*`],
        Condition: {
          StringLike: { "kms:ViaService": "s3.us-east-1.*" },
          "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/told" },
        },
      });
    }
  });

  it("may use keys of other regions and accounts, by id as by alias", async () => {
    const there = (name: string, kms: string) =>
      new Dataset(name, {
        storage: storage.s3({ bucket: "far", prefix: name, region: "us-west-2", encryption: { kms } }),
      });
    const alias = "arn:aws:kms:us-west-2:210987654321:alias/theirs";
    const pipeline = pipelineOf([taskOf("load", { inputs: { a: there("a", "1234-abcd"), b: there("b", alias) } })]);
    for (const file of await filesOf(pipeline)) {
      const load = statementsOf(file, "orders-load");
      expect(allows(load, "kms:Decrypt", `arn:aws:kms:us-west-2:${testAccount}:key/1234-abcd`)).toBe(true);
      expect(load).toContainEqual({
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Resource: ["arn:aws:kms:us-west-2:210987654321:key/*"],
        Condition: {
          StringLike: { "kms:ViaService": "s3.us-west-2.*" },
          "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/theirs" },
        },
      });
    }
  });

  it("says nothing of another server's buckets, whose names may be anybody's on AWS", async () => {
    const on = (bucket: string, endpoint: string) =>
      new Dataset(bucket, { storage: storage.s3({ bucket, endpoint, encryption: { kms: `${bucket}-key` } }) });
    const pipeline = pipelineOf([
      taskOf("load", {
        inputs: { a: on("theirs", "https://s3.example.com") },
        output: on("ours", "https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com"),
      }),
    ]);
    for (const file of await filesOf(pipeline)) {
      const granted = JSON.stringify(file.roles);
      expect(granted).toContain("s3:::ours");
      expect(granted).not.toContain("theirs");
    }
    expect(said((await compiled(pipeline)).diagnostics)).toEqual([
      expect.stringMatching(/^warning STORAGE_UNREACHABLE: .*"theirs".*s3\.example\.com/),
    ]);
  });

  it("overlaps with no other's, in whatever graph", async () => {
    await fc.assert(
      fc.asyncProperty(dag(10), async (graph) => {
        const pipeline = pipelineOf(tasksOf(graph));
        const plan = planOf(pipeline);
        for (const file of await filesOf(pipeline)) {
          for (const { name, inputs, outputs } of plan.tasks) {
            const statements = statementsOf(file, `orders-${name}`);
            for (const dataset of plan.datasets) {
              const writes = Object.values(outputs).includes(dataset.name);
              const reads = writes || Object.values(inputs).includes(dataset.name);
              for (const arn of [`arn:aws:s3:::${bucket}/${dataset.key}`, state(manifestKey(plan, dataset.name))]) {
                expect(allows(statements, "s3:GetObject", arn)).toBe(reads);
                expect(allows(statements, "s3:PutObject", arn)).toBe(writes);
              }
            }
            for (const other of plan.tasks) {
              const segment = state(`${runsPrefix(plan)}run/000002.${other.name}.1.000001.ndjson`);
              expect(allows(statements, "s3:PutObject", segment)).toBe(other.name === name);
            }
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it("stays legal with hundreds of inputs, and says when it can't", async () => {
    const wide = (size: number) => {
      const graph = Array.from({ length: size + 1 }, (_, i) =>
        i < size ? [] : Array.from({ length: size }, (_, k) => k),
      );
      return pipelineOf(tasksOf(graph));
    };
    for (const file of await filesOf(wide(300))) {
      const statements = statementsOf(file, "orders-t300");
      for (let i = 0; i < 300; i++)
        expect(allows(statements, "s3:GetObject", `arn:aws:s3:::${bucket}/d${i}.json`)).toBe(true);
    }
    const { diagnostics, resources } = await compiled(wide(900));
    expect(said(diagnostics)).toContainEqual(
      expect.stringMatching(/^error UNSUPPORTED: task "t900" touches \d+ things/),
    );
    expect(resources).toEqual([]);
  });
});

it("statements are split where IAM's limits are, and none is lost", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom("a:Read", "a:Write"),
          fc.array(fc.string({ unit: "binary", maxLength: 120 }), { minLength: 1, maxLength: 200 }),
        ),
        { maxLength: 6 },
      ),
      (given) => {
        const statements: Statement[] = given.map(([action, resources]) => ({ actions: [action], resources }));
        const packed = pack(statements);
        const size = (some: readonly Statement[]) =>
          JSON.stringify({
            Version: "2012-10-17",
            Statement: some.map(({ actions, resources }) => ({
              Effect: "Allow",
              Action: actions,
              Resource: resources,
            })),
          }).replace(/[^\0-\xff]/g, "\\u1234").length;
        if (packed === undefined) {
          expect(size(statements)).toBeGreaterThan(limits.inlinePolicy.max + 9 * limits.managedPolicy.max * 0.9);
          return;
        }
        expect(size(packed.inline)).toBeLessThanOrEqual(limits.inlinePolicy.max);
        for (const one of packed.managed) expect(size(one)).toBeLessThanOrEqual(limits.managedPolicy.max);
        expect(packed.managed.length).toBeLessThanOrEqual(limits.managedPoliciesPerRole.max);
        const pairs = (some: readonly Statement[]) =>
          some.flatMap(({ actions, resources }) => resources.map((one) => `${actions} ${one}`)).sort();
        expect(pairs([packed.inline, ...packed.managed].flat())).toEqual(pairs(statements));
      },
    ),
  );
});

it("the state machine may invoke its own functions only, by their tags where they are too many to list", async () => {
  const invoke = (name: string) => `arn:aws:lambda:us-east-1:${testAccount}:function:${name}`;
  for (const file of await filesOf(pipelineOf(tasksOf([[], [0]])))) {
    const states = file.roles.find(({ name }) => name === "orders--states--us-east-1")?.statements ?? [];
    expect(
      ["orders--run", "orders-t0", "orders-t1"].every((name) => allows(states, "lambda:InvokeFunction", invoke(name))),
    ).toBe(true);
    expect(allows(states, "lambda:InvokeFunction", invoke("orders-t10"))).toBe(false);
  }
  const many = Array.from({ length: 1000 }, (_, i) => (i < 50 ? [] : [i - 50]));
  const [file] = await filesOf(pipelineOf(tasksOf(many), {}, "orders_of_every_shop"));
  const statements = file?.roles.flatMap((role) => role.statements) ?? [];
  expect(statements.filter(({ Action }) => String(Action).includes("lambda:"))).toEqual([
    {
      Effect: "Allow",
      Action: ["lambda:InvokeFunction"],
      Resource: [invoke("*")],
      Condition: {
        StringEquals: { "aws:ResourceTag/glacier:pipeline": "orders_of_every_shop" },
        Null: { "aws:ResourceTag/glacier:tenant": "true" },
      },
    },
  ]);
});
