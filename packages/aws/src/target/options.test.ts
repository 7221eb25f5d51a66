import { expect, it } from "vitest";
import { type AWSTargetOptions, checkOptions } from "./options.ts";

it.each([
  { region: "us-gov-west-1", bucket: "acme-data", architecture: "arm64", logRetention: 30 },
  {
    region: "eu-central-1",
    alerts: { topicArn: "arn:aws:sns:eu-central-1:123456789012:ops" },
    tags: { "cost center": "1" },
    secretsPrefix: "",
  },
  { region: "eu-central-1", network: { subnets: ["subnet-0a"], securityGroups: ["sg-0a"] }, transform: () => ({}) },
] as const)("%j is taken", (options) => {
  expect(checkOptions(options as AWSTargetOptions)).toBe(options);
});

it.each([
  [{ region: "virginia" }, "region"],
  [{ region: "us-east-1a" }, "region"],
  [{}, "region"],
  [{ region: "us-east-1", bucket: "Acme" }, "bucket"],
  [{ region: "us-east-1", bucket: "a--x-s3" }, "bucket"],
  [{ region: "us-east-1", kmsKey: "alias/mine" }, "kmsKey"],
  [{ region: "us-east-1", kmsKey: "arn:aws:kms:us-east-2:123456789012:key/1" }, "kmsKey"],
  [{ region: "us-east-1", logRetention: 31 }, "logRetention"],
  [{ region: "us-east-1", alerts: {} }, "alerts"],
  [{ region: "us-east-1", alerts: { emails: ["nobody"] } }, "alerts"],
  [{ region: "us-east-1", alerts: { topicArn: "arn:aws:sns:us-east-2:123456789012:ops" } }, "alerts"],
  [{ region: "us-east-1", alerts: { emails: ["a@acme.example", "A@acme.example"] } }, "alerts"],
  [{ region: "us-east-1", tags: { Name: "a", name: "b" } }, "tags"],
  [{ region: "us-east-1", tags: { "aws:x": "1" } }, "tags"],
  [{ region: "us-east-1", tags: { x: 1 } }, "tags"],
  [{ region: "us-east-1", network: { subnets: [], securityGroups: ["sg-0a"] } }, "network"],
  [{ region: "us-east-1", network: { subnets: Array(17).fill("subnet-0a"), securityGroups: ["sg-0a"] } }, "network"],
  [{ region: "us-east-1", network: { subnets: ["subnet-0a"], securityGroups: Array(6).fill("sg-0a") } }, "network"],
  [{ region: "us-east-1", secretsPrefix: "ü" }, "secretsPrefix"],
  [{ region: "us-east-1", transform: {} }, "transform"],
  [{ region: "us-east-1", colour: "hunter2" }, "colour"],
  [{ region: "us-east-1", constructor: "hunter2" }, "constructor"],
])("%j is refused without its value in the message", (options, name) => {
  let message = "";
  try {
    checkOptions(options as never);
  } catch (error) {
    expect(error).toMatchObject({ code: "OPTION_INVALID", hint: expect.stringMatching(/\S/) });
    message = (error as Error).message;
  }
  expect(message).toContain(`"${name}"`);
  expect(message).not.toMatch(/virginia|Acme|alias|nobody|hunter2|ü/);
});

it("without a region the hint says where options are given, for code and for the command", () => {
  const hint = expect.stringMatching(/new AWSTarget\(.*targetOptions.*glacier\.config\.ts.*--env/);
  expect(() => checkOptions({} as never)).toThrow(expect.objectContaining({ hint }));
});
