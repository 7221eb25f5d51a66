import type { Plan } from "@glacier/core";
import type { Deployment } from "../deployment.ts";
import { bucketStem, defaultSecretsPrefix } from "../names.ts";
import type { AWSTargetOptions } from "./options.ts";
import { account, type Text, text } from "./text.ts";

/** A target's options and what follows from them for one deployment. */
export interface Settings extends AWSTargetOptions {
  readonly deployment: Deployment;
  /** `aws`, or what stands in its place in China and others. */
  readonly partition: string;
  readonly bucketName: Text;
  readonly architecture: "arm64" | "x86_64";
  readonly logRetention: number;
  readonly secretsPrefix: string;
}

/** What a target's options mean for a plan. */
export function settingsOf(options: AWSTargetOptions, { pipeline, tenant }: Plan): Settings {
  const deployment = { pipeline, tenant };
  const { region, bucket } = options;
  return {
    ...options,
    deployment,
    partition: partitionOf(region),
    bucketName: bucket ?? text`${bucketStem(deployment, region)}-${account}-${region}`,
    architecture: options.architecture ?? "arm64",
    logRetention: options.logRetention ?? 30,
    secretsPrefix: options.secretsPrefix ?? defaultSecretsPrefix(deployment),
  };
}

/** https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
function partitionOf(region: string): string {
  const known = {
    cn: "aws-cn",
    "us-gov": "aws-us-gov",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "eu-isoe": "aws-iso-e",
    "us-isof": "aws-iso-f",
    eusc: "aws-eusc",
  };
  return Object.entries(known).find(([start]) => region.startsWith(`${start}-`))?.[1] ?? "aws";
}
