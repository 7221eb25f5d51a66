import { Dataset, type Json, storage } from "@glacier/core";
import { expect, it } from "vitest";
import { readCloudFormation } from "../../test/cloudformation-file.ts";
import { allows } from "../../test/iam.ts";
import { compiled, pipelineOf, said, taskOf } from "../../test/plans.ts";
import { readTerraform, testAccount } from "../../test/terraform-file.ts";
import { defaultBucket } from "../deployment.ts";

type Options = { readonly bucket: string; readonly [option: string]: Json };
const writing = (options: Options) =>
  pipelineOf([taskOf("load", { output: new Dataset("rows", { storage: storage.s3(options as never) }) })]);

it.each<[string, Options]>([
  ["bucket", { bucket: "*" }],
  ["bucket", { bucket: "acme/../x" }],
  ["bucket", { bucket: "acme?" }],
  ["bucket", { bucket: "a" }],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's
  ["bucket", { bucket: "${aws:username}" }],
  ["bucket", { bucket: "acme-abcdefgh12345-s3alias" }],
  ["bucket", { bucket: "acme--use1-az4--x-s3" }],
  ["bucket", { bucket: `arn:aws:s3:us-east-1:${testAccount}:accesspoint/*` }],
  ["region", { bucket: "acme", region: "*" }],
  ["prefix", { bucket: "acme", prefix: "a/../b" }],
  ["encryption", { bucket: "acme", encryption: { kms: "*" } }],
  ["encryption", { bucket: "acme", encryption: { kms: "alias/*" } }],
  ["encryption", { bucket: "acme", encryption: { kms: `arn:aws:kms:*:${testAccount}:key/1` } }],
  ["encryption", { bucket: "acme", encryption: { kms: `arn:aws:kms:us-east-1:${testAccount}:key/*` } }],
  ["encryption", { bucket: "acme", encryption: "aws:kms" }],
])("no role gets a %s that would be more than one: %j", async (option, options) => {
  const { diagnostics, resources } = await compiled(writing(options));
  expect(said(diagnostics)).toEqual([
    expect.stringMatching(new RegExp(`^error OPTION_INVALID: dataset "rows" \\(of "load"\\).* ${option}`)),
  ]);
  expect(diagnostics[0]?.error).toMatchObject({ hint: expect.stringMatching(/\S/), context: { dataset: "rows" } });
  expect(resources).toEqual([]);
});

it.each<Options>([
  { bucket: "acme.data-1", region: "us-gov-west-1" },
  { bucket: "Of_Before_2018" },
  { bucket: "acme", encryption: "AES256" },
  { bucket: "acme", encryption: { kms: "mrk-1234abcd12ab34cd56ef1234567890ab" } },
  { bucket: "acme", encryption: { kms: "alias/a_b/c-1" } },
  { bucket: "acme", encryption: { kms: `arn:aws-cn:kms:cn-north-1:${testAccount}:alias/x` } },
])("%j is taken", async (options) => {
  expect(said((await compiled(writing(options))).diagnostics)).toEqual([]);
});

it.each<[string, Options]>([
  ["secretAccessKey", { bucket: "acme", secretAccessKey: "hunter2" }],
  ["regoin", { bucket: "acme", regoin: "hunter2" }],
  ["endpoint", { bucket: "acme", endpoint: "https://me:hunter2@minio.acme.example" }],
  ["endpoint", { bucket: "acme", endpoint: "hunter2" }],
  ["storageClass", { bucket: "acme", storageClass: "hunter2" }],
])("an option %s that S3 can't take is refused, and its value is nowhere", async (option, options) => {
  const { diagnostics, resources } = await compiled(writing(options));
  expect(said(diagnostics)).toEqual([
    expect.stringMatching(new RegExp(`^error OPTION_INVALID: dataset "rows" \\(of "load"\\) has storage .*${option}`)),
  ]);
  expect(JSON.stringify(diagnostics)).not.toContain("hunter2");
  expect(resources).toEqual([]);
});

it.each(["http://0.0.0.0:9000", "http://host.docker.internal:9000", "http://[::]:9000", "http://127.0.0.1"])(
  "%s is a server of this machine",
  async (endpoint) => {
    const { diagnostics } = await compiled(writing({ bucket: "acme", endpoint }));
    expect(said(diagnostics)).toEqual([expect.stringMatching(/^error STORAGE_UNREACHABLE: .* of this machine/)]);
  },
);

it("an access point is named by its ARN", async () => {
  const point = `arn:aws:s3:us-east-1:${testAccount}:accesspoint/orders`;
  const { forms, diagnostics } = await compiled(writing({ bucket: point, prefix: "in" }));
  expect(said(diagnostics)).toEqual([]);
  for (const file of [readTerraform(await forms.terraform()), readCloudFormation(await forms.cloudformation())]) {
    const statements = file.roles.find(({ name }) => name.startsWith("orders-load"))?.statements ?? [];
    expect(allows(statements, "s3:PutObject", `${point}/object/in/rows.json`)).toBe(true);
    expect(allows(statements, "s3:PutObject", `${point}/object/rows.json`)).toBe(false);
    expect(allows(statements, "s3:ListBucket", point)).toBe(true);
  }
});

it("a prefix is in a role as it is in the key", async () => {
  const { forms } = await compiled(writing({ bucket: "acme", prefix: "/in//new/" }));
  const statements = readTerraform(await forms.terraform()).roles.flatMap((role) => role.statements);
  expect(allows(statements, "s3:PutObject", "arn:aws:s3:::acme/in/new/rows.json")).toBe(true);
});

it("characters that IAM has no room for are escaped, or said to be too much for CloudFormation", async () => {
  const pipeline = writing({ bucket: "acme", prefix: "raw/ł😀é" });
  const { forms, diagnostics } = await compiled(pipeline);
  expect(said(diagnostics)).toEqual([
    expect.stringMatching(/^info UNSUPPORTED: the form "cloudformation" .* role "task_load" names ".*raw\/ł😀é/),
  ]);
  await expect(forms.cloudformation()).rejects.toMatchObject({ message: diagnostics[0]?.error.message });
  const files = await forms.terraform();
  const { resource } = JSON.parse(String(files["main.tf.json"]));
  // What IAM takes: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
  for (const { policy } of Object.values<{ policy: string }>(resource.aws_iam_role_policy))
    expect(policy).toMatch(/^[ -ÿ]+$/);
  const statements = readTerraform(files).roles.flatMap((role) => role.statements);
  expect(allows(statements, "s3:PutObject", "arn:aws:s3:::acme/raw/ł😀é/rows.json")).toBe(true);
});

it.each([
  [undefined, { key: ".glacier/manifests/x.json" }],
  [undefined, { prefix: ".glacier", key: "x.json" }],
  [undefined, { bucket: `orders-${testAccount}-us-east-1`, prefix: ".glacier/code" }],
  ["acme-data", { bucket: "acme-data", key: ".glacier/code/x.zip" }],
])("nothing of the pipeline's is written between the deployment's own notes: %j", async (bucket, place) => {
  const rows = new Dataset("rows", { storage: { kind: "s3", bucket: defaultBucket, ...place } });
  const { diagnostics, resources } = await compiled(pipelineOf([taskOf("load", { output: rows })]), {
    ...(bucket !== undefined && { bucket }),
  });
  expect(said(diagnostics)).toEqual([expect.stringMatching(/^error OPTION_INVALID: dataset "rows".*\.glacier\//)]);
  expect(resources).toEqual([]);
});
