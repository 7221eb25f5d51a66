import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AWSTarget } from "@glacier/aws";
import type { Pipeline } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bucketName } from "../../packages/aws/src/names.ts";
import { moduleAsCode, targetWith } from "../../packages/aws/test/code.ts";
import { lambdaMissing } from "../services/lambda.ts";
import { motoMissing } from "../services/moto.ts";
import { openTerraform, terraformMissing } from "../services/terraform.ts";
import { type Cloud, region, startCloud } from "./cloud.ts";
import { account } from "./permissions.ts";
import { everything, flights, flightsInS3 } from "./pipelines.ts";
import { readStack, type Stack } from "./stack.ts";
import { type Written, written } from "./written.ts";

const missing = [terraformMissing(), motoMissing(), lambdaMissing()].some((reason) => reason !== undefined);
const quiet = ["-input=false", "-no-color"];

describe.skipIf(missing)("the flights example, deployed by Terraform", () => {
  const terraform = openTerraform();
  const folder = mkdtempSync(join(tmpdir(), "glacier-terraform-"));
  const local = mkdtempSync(join(tmpdir(), "glacier-local-"));
  const bucket = bucketName({ pipeline: "flights" }, region, account);
  let cloud: Cloud;
  let stack: Stack;
  let result: Written;

  beforeAll(async () => {
    cloud = await startCloud();
    const compilation = await flights.compile({ target: new AWSTarget({ region }), bindings: flightsInS3 });
    await compilation.toTerraform(folder);
    writeFileSync(join(folder, "override.tf.json"), JSON.stringify(providerFor(cloud.endpoint)));
    await terraform.run(folder, ["init", "-input=false"]);
  }, 120_000);
  afterAll(async () => {
    await result?.close();
    await cloud?.stop();
    terraform.stop();
    for (const one of [folder, local]) rmSync(one, { recursive: true, force: true });
  });

  it("is planned, applied, and then has nothing to change", async () => {
    const planned = await terraform.run(folder, ["plan", ...quiet]);
    expect(planned).toContain("0 to change, 0 to destroy");
    const applied = await terraform.run(folder, ["apply", "-auto-approve", ...quiet]);
    expect(applied).toMatch(/Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/);
    expect(JSON.parse(await terraform.run(folder, ["output", "-json"]))["bucket"].value).toBe(bucket);
    // Exits with 2 where there is something to do.
    await terraform.run(folder, ["plan", "-detailed-exitcode", ...quiet]);
  }, 400_000);

  it("runs as it was deployed: the bytes of a local run, by roles that may do no more than what it takes", async () => {
    stack = await readStack(cloud.endpoint, region);
    expect(stack.functions.map(({ name }) => name).sort()).toEqual(
      ["flights--run", ...flights.tasks.map(({ name }) => `flights-${name}`)].sort(),
    );
    const [zip = ""] = readdirSync(join(folder, "code"));
    const bytes = readFileSync(join(folder, "code", zip));
    cloud.deploy(stack, { bytes, sha256: sha256Of(stack) });
    await uploadSources(cloud.endpoint);

    await flights.run({ executor: new LocalExecutor({ storage: local }) });
    expect(await cloud.start("run-1")).toEqual({ output: { runId: "run-1" } });
    expect(cloud.refused).toEqual([]);

    result = written(flights, cloud.endpoint, bucket, flightsInS3);
    const files = readdirSync(local).filter((name) => !name.startsWith("."));
    expect(files.length).toBeGreaterThan(9);
    for (const file of files)
      expect(Buffer.compare(await result.store.readBytes(file), readFileSync(join(local, file))), file).toBe(0);
    expect(await result.runs()).toMatchObject([{ runId: "run-1", status: "succeeded" }]);
    expect((await result.journal("run-1")).at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    for (const { name, producer } of result.plan.datasets)
      if (producer !== undefined) expect(await result.manifest(name)).toMatchObject({ runId: "run-1", task: producer });
  }, 300_000);

  it("is destroyed whole, once its bucket is empty", async () => {
    await result.empty();
    expect(await terraform.run(folder, ["destroy", "-auto-approve", ...quiet])).toMatch(
      /Destroy complete! Resources: \d+ destroyed/,
    );
    expect(JSON.parse(readFileSync(join(folder, "terraform.tfstate"), "utf8")).resources).toEqual([]);
  }, 300_000);
});

describe.skipIf(missing)("terraform test, with a mock of the provider", () => {
  const terraform = openTerraform();
  afterAll(() => terraform.stop());

  it.each([
    ["the flights example", flights as unknown as Pipeline, { bindings: flightsInS3 }, []],
    ["a pipeline with everything", everything, {}, ["subnets", "security_groups"]],
  ])(
    "%s applies",
    async (_, pipeline, more, variables) => {
      const folder = mkdtempSync(join(tmpdir(), "glacier-terraform-"));
      const target = targetWith(moduleAsCode, { region, alerts: { emails: ["ops@acme.example"] } });
      await (await pipeline.compile({ target, ...more })).toTerraform(folder);
      mkdirSync(join(folder, "tests"));
      writeFileSync(join(folder, "tests/whole.tftest.hcl"), mocked(pipeline.name, variables));
      await terraform.run(folder, ["init", "-input=false"]);
      expect(await terraform.run(folder, ["test", "-no-color"])).toContain("Success! 1 passed, 0 failed.");
      expect(existsSync(join(folder, "terraform.tfstate"))).toBe(false);
      rmSync(folder, { recursive: true });
    },
    120_000,
  );
});

/** Turns Terraform to moto, beside what was emitted. */
function providerFor(endpoint: string): object {
  const services = ["cloudwatchlogs", "iam", "lambda", "s3", "scheduler", "sfn", "sqs", "sts"];
  return {
    provider: {
      aws: {
        endpoints: Object.fromEntries(services.map((service) => [service, endpoint])),
        access_key: "test",
        secret_key: "test",
        max_retries: 2,
        s3_use_path_style: true,
        skip_credentials_validation: true,
        skip_metadata_api_check: true,
        skip_requesting_account_id: true,
      },
    },
  };
}

/** A test of the whole module; what the provider would answer is made up, but for what must have a form. */
function mocked(pipeline: string, variables: readonly string[]): string {
  const arns = {
    aws_cloudwatch_log_group: "logs:eu-west-1:123456789012:log-group:x",
    aws_iam_role: "iam::123456789012:role/x",
    aws_iam_policy: "iam::123456789012:policy/x",
    aws_sfn_state_machine: "states:eu-west-1:123456789012:stateMachine:x",
    aws_sns_topic: "sns:eu-west-1:123456789012:x",
    aws_sqs_queue: "sqs:eu-west-1:123456789012:x",
  };
  return `mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
${Object.entries(arns)
  .map(([type, arn]) => `  mock_resource "${type}" {\n    defaults = { arn = "arn:aws:${arn}" }\n  }`)
  .join("\n")}
}
variables {
${variables.map((name) => `  ${name} = ["${name}-1"]`).join("\n")}
}
run "whole" {
  command = apply
  assert {
    condition     = output.bucket == "${bucketName({ pipeline }, region, account)}"
    error_message = "its bucket is $\{output.bucket}"
  }
}
`;
}

async function uploadSources(endpoint: string): Promise<void> {
  await fetch(`${endpoint}/acme-data`, { method: "PUT" });
  for (const { storage } of flights.plan({ for: new LocalExecutor() }).datasets) {
    const { basePath, key } = storage as { basePath?: string; key?: string };
    if (basePath === undefined || key === undefined) continue;
    const uploaded = await fetch(`${endpoint}/acme-data/raw/${key}`, {
      method: "PUT",
      body: readFileSync(join(basePath, key)),
    });
    expect(uploaded.ok).toBe(true);
  }
}

/** Of the one zip that all functions have. */
function sha256Of({ functions }: Stack): string {
  const [sha256 = "", ...others] = [...new Set(functions.map((one) => one.sha256))];
  expect(others).toEqual([]);
  return Buffer.from(sha256, "base64").toString("hex");
}
