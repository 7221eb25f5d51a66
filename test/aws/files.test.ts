import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pipeline, StorageResource } from "@glacier/core";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { AWSTargetOptions } from "../../packages/aws/src/target/options.ts";
import { moduleAsCode, targetWith } from "../../packages/aws/test/code.ts";
import { cfnLint, cfnLintMissing } from "../services/cfn-lint.ts";
import { openTerraform, terraformMissing } from "../services/terraform.ts";
import { everything, flights, flightsInS3 } from "./pipelines.ts";

const region = "eu-central-1";
const network = { subnets: ["subnet-0a1b2c3d"], securityGroups: ["sg-0a1b2c3d"], assignPublicIp: true };

/** What is compiled: of each feature one with and one without. */
const cases: readonly [
  title: string,
  pipeline: Pipeline,
  options: Omit<AWSTargetOptions, "region">,
  more: { bindings?: Readonly<Record<string, StorageResource>>; tenant?: string },
][] = [
  ["the flights example", flights as unknown as Pipeline, {}, { bindings: flightsInS3 }],
  ["everything, with few options", everything, { alerts: { topicArn: `arn:aws:sns:${region}:123456789012:ops` } }, {}],
  [
    "everything, with every option",
    everything,
    {
      bucket: "acme-glacier",
      architecture: "x86_64",
      kmsKey: `arn:aws:kms:${region}:123456789012:key/11112222-3333-4444-5555-666677778888`,
      logRetention: 7,
      alerts: { emails: ["data@acme.example", "ops@acme.example"] },
      tags: { team: "data science", "cost center": "4711" },
      network,
      secretsPrefix: "acme/",
      permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
      transform: ({ type, properties }) =>
        type === "aws_lambda_function" ? { ...properties, reserved_concurrent_executions: 5 } : properties,
    },
    { tenant: "acme" },
  ],
];

async function compiled(...[, pipeline, options, more]: (typeof cases)[number]) {
  const folder = mkdtempSync(join(tmpdir(), "glacier-aws-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const compilation = await pipeline.compile({ target: targetWith(moduleAsCode, { region, ...options }), ...more });
  expect(compilation.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return { compilation, folder };
}

describe.skipIf(terraformMissing() !== undefined)("Terraform's own validation passes", () => {
  const terraform = openTerraform();
  afterAll(() => terraform.stop());

  test.each(cases)("%s", async (...given) => {
    const { compilation, folder } = await compiled(...given);
    await compilation.toTerraform(folder);
    await terraform.run(folder, ["init", "-backend=false", "-input=false"]);
    const { diagnostics } = JSON.parse(await terraform.run(folder, ["validate", "-json"]));
    expect(diagnostics).toEqual([]);
  });
});

describe.skipIf(cfnLintMissing() !== undefined)("cfn-lint has nothing to say", () => {
  test.each(cases)("%s", async (...given) => {
    const { compilation, folder } = await compiled(...given);
    await compilation.toCloudFormation(folder);
    const said = await cfnLint(join(folder, "template.json"), region);
    expect(said.filter((line) => !mistaken.test(line))).toEqual([]);
  });
});

/**
 * Its schema of state machines has no `Parameters` of a Parallel state, which https://states-language.net/#parallel-state has, and
 * telling so fails, since the path has a number. asl-validator, beside the target, finds nothing wrong.
 */
const mistaken = /E1101:Exception 'sequence item \d+: expected str instance, int found' raised/;
