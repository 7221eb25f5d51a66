import { GlacierError, type Json } from "@glacier/core";
import { regionName } from "../deployment.ts";

/** Options of an `AWSTarget`. */
export interface AWSTargetOptions {
  /** Where it is deployed: `us-east-1`. */
  readonly region: string;
  /** Name of the bucket that is made for datasets without storage of their own, and for manifests and journals. Default `<pipeline>-<account>-<region>`. */
  readonly bucket?: string;
  /** Of functions and containers. Default `arm64`. */
  readonly architecture?: "arm64" | "x86_64";
  /** ARN of the KMS key that encrypts the bucket, logs and alerts; its policy must let their services use it. Default: AWS's own keys. */
  readonly kmsKey?: string;
  /** Days that logs are kept: a number that CloudWatch Logs knows. Default 30. */
  readonly logRetention?: number;
  /** Who is told of runs that fail. Default: nobody. */
  readonly alerts?: AlertOptions;
  /** On every resource, beside `glacier:pipeline` and `glacier:tenant`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Where container tasks run. Without it, the emitted files have parameters for subnets and security groups. */
  readonly network?: NetworkOptions;
  /** What stands before each secret's name in Secrets Manager. Default `<pipeline>/`, for a tenant `<tenant>/<pipeline>/`. */
  readonly secretsPrefix?: string;
  /** ARN of a policy that no role of the deployment may exceed. */
  readonly permissionsBoundary?: string;
  /** Changes each resource right before it is printed, to set what these options don't. What it returns must be JSON. */
  readonly transform?: Transform;
}

/** Where alerts go: to a topic of the deployment's own with these subscribers, or to one that is there. */
export interface AlertOptions {
  readonly emails?: readonly string[];
  /** ARN, in the same region; its policy must let `events.amazonaws.com` publish, and with a schedule `cloudwatch.amazonaws.com`. */
  readonly topicArn?: string;
}

/** Ids of a VPC's parts. */
export interface NetworkOptions {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  /** Needed in subnets that reach the internet without NAT. Default false. */
  readonly assignPublicIp?: boolean;
}

/** Answers the properties to print; `properties` are the caller's to change. */
export type Transform = (resource: PrintedResource) => Properties;

/** A resource as one form has it. */
export interface PrintedResource {
  readonly form: "terraform" | "cloudformation";
  /** The form's own: `aws_lambda_function`, `AWS::Lambda::Function`. */
  readonly type: string;
  /** The name that it has in the file. */
  readonly id: string;
  readonly properties: Properties;
}

/** Properties of a printed resource. */
export type Properties = { [name: string]: Json };

/** Options may come from a config file, so types are no promise. Errors: `OPTION_INVALID`; never with a value in it. */
export function checkOptions(options: AWSTargetOptions): AWSTargetOptions {
  if (!isRecord(options)) throw invalid("its options are no object", 'Give an object: { region: "us-east-1" }.');
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof AWSTargetOptions] : undefined;
    if (check === undefined)
      throw invalid(`there is no option "${name}"`, `The options are ${Object.keys(checks).join(", ")}.`);
    if (value !== undefined && !check.accepts(value)) throw invalid(`its option "${name}" is not valid`, check.hint);
  }
  if (options.region === undefined) {
    throw invalid(
      'it needs the option "region"',
      'Give it: new AWSTarget({ region: "eu-central-1" }); for the command, as targetOptions of an environment in glacier.config.ts that --env names.',
    );
  }
  const { region, alerts, kmsKey } = options;
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
  checkRegion("alerts", "topic", alerts?.topicArn, region);
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
  checkRegion("kmsKey", "key", kmsKey, region);
  return options;
}

function checkRegion(option: string, what: string, arn: string | undefined, region: string): void {
  if (arn !== undefined && arn.split(":")[3] !== region)
    throw invalid(`its option "${option}" has a ${what} of another region`, `Give the ARN of a ${what} in ${region}.`);
}

interface Check {
  accepts(value: unknown): boolean;
  readonly hint: string;
}

const checks: { readonly [K in keyof Required<AWSTargetOptions>]: Check } = {
  region: {
    accepts: matches(regionName),
    hint: 'Give the name of a region, such as "us-east-1" or "eu-central-1".',
  },
  bucket: {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    accepts: matches(
      /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    ),
    hint: 'Give a name of 3 to 63 lower-case letters, digits and "-".',
  },
  architecture: {
    accepts: (value) => value === "arm64" || value === "x86_64",
    hint: 'Give "arm64" or "x86_64".',
  },
  kmsKey: {
    accepts: matches(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/),
    hint: "Give the key's ARN, not its alias: policies take no alias.",
  },
  logRetention: {
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    accepts: (value) => retentions.includes(value as number),
    hint: "Give a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, …",
  },
  alerts: {
    accepts: (value) =>
      isRecord(value) &&
      Object.keys(value).every((name) => name === "emails" || name === "topicArn") &&
      (value["emails"] === undefined) !== (value["topicArn"] === undefined) &&
      (value["emails"] === undefined ||
        (listOf(/^[^\s@]+@[^\s@]+$/)(value["emails"]) && areDistinct(value["emails"] as string[]))) &&
      (value["topicArn"] === undefined ||
        matches(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/)(value["topicArn"])),
    hint: "Give { emails: [an address, …] }, each once, or { topicArn } of an SNS topic.",
  },
  tags: {
    // https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    accepts: (value) =>
      isRecord(value) &&
      Object.entries(value).every(
        ([name, tag]) =>
          /^(?!aws:|glacier:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu.test(name) &&
          matches(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u)(tag),
      ) &&
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
      areDistinct(Object.keys(value)) &&
      Object.keys(value).length <= 40,
    hint: 'Give an object of strings: up to 40 tags of letters, digits, spaces and _.:/=+-@; names don\'t begin with "aws:" or "glacier:", and no two differ by case alone.',
  },
  network: {
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
    accepts: (value) =>
      isRecord(value) &&
      Object.keys(value).every((name) => ["subnets", "securityGroups", "assignPublicIp"].includes(name)) &&
      listOf(/^subnet-[0-9a-f]+$/, 16)(value["subnets"]) &&
      listOf(/^sg-[0-9a-f]+$/, 5)(value["securityGroups"]) &&
      ["boolean", "undefined"].includes(typeof value["assignPublicIp"]),
    hint: 'Give { subnets: ["subnet-…"], securityGroups: ["sg-…"], assignPublicIp?: true }, with up to 16 subnets and 5 security groups.',
  },
  secretsPrefix: {
    accepts: matches(/^[A-Za-z0-9/_+=.@-]{0,300}$/),
    hint: "Give up to 300 letters, digits and /_+=.@-.",
  },
  permissionsBoundary: {
    accepts: matches(/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/),
    hint: "Give the ARN of a managed policy.",
  },
  transform: {
    accepts: (value) => typeof value === "function",
    hint: "Give a function: ({ form, type, id, properties }) => properties.",
  },
};

const retentions: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

function matches(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

function listOf(pattern: RegExp, most = Number.POSITIVE_INFINITY): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length > 0 && value.length <= most && value.every(matches(pattern));
}

/** Whether AWS sees as many names as these are. */
function areDistinct(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function invalid(what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `AWSTarget: ${what}`, hint });
}
