import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AWSTarget } from "@glacier/aws";
import { storage } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCloudFormation } from "../../packages/aws/test/cloudformation-file.ts";
import { type DockerService, dockerMissing, startDocker } from "../services/docker.ts";
import { lambdaMissing } from "../services/lambda.ts";
import { motoMissing } from "../services/moto.ts";
import { type Cloud, region, startCloud } from "./cloud.ts";
import { pipeline, rows, secrets } from "./deliveries.ts";
import { call, readStack, type Stack } from "./stack.ts";
import { type Written, written } from "./written.ts";

const missing = [motoMissing(), lambdaMissing(), dockerMissing()].some((reason) => reason !== undefined);

describe.skipIf(missing)("functions and containers, deployed by CloudFormation", () => {
  const folder = mkdtempSync(join(tmpdir(), "glacier-cloudformation-"));
  const local = mkdtempSync(join(tmpdir(), "glacier-local-"));
  const bucket = `deliveries-123456789012-${region}`;
  let docker: DockerService;
  let cloud: Cloud;
  let template: Template;
  let stack: Stack;
  let result: Written;

  beforeAll(async () => {
    docker = await startDocker();
    cloud = await startCloud(docker);
    const target = new AWSTarget({ region, network: { subnets: ["subnet-1"], securityGroups: ["sg-1"] } });
    await (await pipeline.compile({ target })).toCloudFormation(folder);
    template = JSON.parse(readFileSync(join(folder, "template.json"), "utf8"));
  }, 180_000);
  afterAll(async () => {
    await result?.close();
    await cloud?.stop();
    await docker?.stop();
    for (const one of [folder, local]) rmSync(one, { recursive: true, force: true });
  }, 60_000);

  async function put(path: string, body: string | Uint8Array<ArrayBuffer> = ""): Promise<void> {
    const { ok } = await fetch(`${cloud.endpoint}${path}`, { method: "PUT", body });
    expect(ok, path).toBe(true);
  }
  const cloudFormation = (action: string, fields: Record<string, string>) =>
    call(cloud.endpoint, region, "cloudformation", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        Action: action,
        Version: "2010-05-15",
        StackName: "deliveries",
        ...fields,
      }).toString(),
    });

  it("becomes a stack of all its resources", async () => {
    const key = template.Parameters.CodeKey.Default;
    await put("/acme-code");
    await put(`/acme-code/${key}`, new Uint8Array(readFileSync(join(folder, key))));
    await cloudFormation("CreateStack", {
      TemplateBody: JSON.stringify(template),
      "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
      "Parameters.member.1.ParameterKey": "CodeBucket",
      "Parameters.member.1.ParameterValue": "acme-code",
    });
    expect(await cloudFormation("DescribeStacks", {})).toContain("<StackStatus>CREATE_COMPLETE</StackStatus>");
    const listed = [
      ...(await cloudFormation("ListStackResources", {})).matchAll(/<LogicalResourceId>(\w+)<\/LogicalResourceId>/g),
    ].map(([, id]) => id);
    const expected = Object.entries(template.Resources).filter(([, { Type }]) => !unknownToMoto.has(Type));
    expect(listed.sort()).toEqual(expected.map(([id]) => id).sort());
    stack = await readStack(cloud.endpoint, region, readCloudFormation({ "template.json": JSON.stringify(template) }));
  }, 60_000);

  it("runs as it was deployed: the bytes of a local run, by roles that may do no more than what it takes", async () => {
    const source = join(local, "deliveries.ndjson");
    writeFileSync(source, rows);
    const given = { raw_deliveries: storage.localFs({ basePath: local, key: "deliveries.ndjson" }) };
    const out = join(local, "out");
    await pipeline.run({
      executor: new LocalExecutor({
        storage: out,
        docker: { socketPath: docker.socketPath },
        env: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [variableOf(name), value])),
      }),
      bindings: { ...given, letter: storage.localFs({ basePath: out }) },
    });

    for (const one of ["acme-data", "acme-results"]) await put(`/${one}`);
    await put("/acme-data/deliveries.ndjson", new TextEncoder().encode(rows));
    for (const [name, value] of Object.entries(secrets)) await createSecret(name, value);
    buildImages(docker, stack, join(folder, "images"));
    const key = template.Parameters.CodeKey.Default;
    cloud.deploy(stack, zipOf(stack, readFileSync(join(folder, key))));

    expect(await cloud.start("run-1")).toEqual({ output: { runId: "run-1" } });
    expect(cloud.refused).toEqual([]);

    result = written(pipeline, cloud.endpoint, bucket, {});
    const files = readdirSync(out).filter((name) => !name.startsWith("."));
    expect(files.sort()).toEqual([
      "counted.txt",
      "countries.json",
      "deliveries.ndjson",
      "heaviest.json",
      "letter.txt",
      "refused.ndjson",
      "signature.txt",
    ]);
    for (const file of files) {
      const path = file === "letter.txt" ? "/acme-results/out/letter.txt" : `/${bucket}/${file}`;
      expect(await call(cloud.endpoint, region, "s3", { path }), file).toBe(readFileSync(join(out, file), "utf8"));
    }
    for (const { name, producer } of result.plan.datasets)
      if (producer !== undefined) expect(await result.manifest(name)).toMatchObject({ runId: "run-1", task: producer });
    expect(await result.runs()).toMatchObject([{ runId: "run-1", status: "succeeded" }]);
  }, 300_000);

  it("retried what failed at first, and says so in its journal, which has no secret", async () => {
    const events = await result.journal("run-1");
    const clean = events.filter((event) => "task" in event && event.task === "clean");
    expect(clean.map(({ type }) => type)).toEqual([
      "attempt.started",
      "attempt.failed",
      "attempt.started",
      "dataset.written",
      "dataset.written",
      "dataset.read",
      "task.succeeded",
    ]);
    expect(events.filter((event) => event.type === "log")).toMatchObject([
      { task: "sign", message: "signing with ***" },
    ]);
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    for (const value of Object.values(secrets)) expect(JSON.stringify(events)).not.toContain(value);
  });

  it("ends with a failing task's own error, once finish has it in the journal", async () => {
    const { error } = await cloud.start("run-2", { params: { broken: true } });
    expect(error?.Error).toBe("TASK_FAILED");
    const told = JSON.parse(error?.Cause ?? "");
    expect(told).toMatchObject({ code: "TASK_FAILED", context: { task: "tell" } });
    expect(told.message).toContain("no letter from ***");
    const events = await result.journal("run-2");
    expect(events.find(({ type }) => type === "task.failed")).toMatchObject({ task: "tell" });
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "failed" });
    expect((await result.runs()).find(({ runId }) => runId === "run-2")).toMatchObject({ status: "failed" });
    expect(cloud.refused).toEqual([]);
  }, 120_000);

  it("is deleted; its data stays", async () => {
    await cloudFormation("DeleteStack", {});
    expect((await readLambda()).Functions).toEqual([]);
    expect(await result.store.stat("countries.json")).toBeDefined();
  });

  const readLambda = async () =>
    JSON.parse(await call(cloud.endpoint, region, "lambda", { path: "/2015-03-31/functions" }));

  const createSecret = (name: string, value: string) =>
    call(cloud.endpoint, region, "secretsmanager", {
      method: "POST",
      headers: {
        "x-amz-target": "secretsmanager.CreateSecret",
        "content-type": "application/x-amz-json-1.1",
      },
      body: JSON.stringify({ Name: `deliveries/${name}`, SecretString: value }),
    });
});

interface Template {
  readonly Parameters: { readonly CodeKey: { readonly Default: string } };
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
}

/** Types that moto's CloudFormation passes over; cfn-lint knows them. */
const unknownToMoto: ReadonlySet<string> = new Set(["AWS::S3::BucketPolicy", "AWS::Scheduler::Schedule"]);

/** As `docker push` would have them in the repository. */
function buildImages(docker: DockerService, { definitions }: Stack, folder: string): void {
  const [name = ""] = readdirSync(folder);
  for (const image of new Set(definitions.map((one) => one.image)))
    docker.docker("build", "-t", image, join(folder, name));
}

function zipOf({ functions }: Stack, bytes: Uint8Array) {
  const [sha256 = ""] = functions.map((one) => one.sha256);
  return { bytes, sha256: Buffer.from(sha256, "base64").toString("hex") };
}

function variableOf(secret: string): string {
  return secret.replaceAll("-", "_").toUpperCase();
}
