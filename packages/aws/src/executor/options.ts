import type { ECSClient } from "@aws-sdk/client-ecs";
import type { LambdaClient, LambdaClientConfig } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SFNClient } from "@aws-sdk/client-sfn";
import { GlacierError } from "@glacier/core";
import { regionName } from "../deployment.ts";
import { endpointCheck } from "../storage/options.ts";

/** Options of an `AWSExecutor`. */
export interface AWSExecutorOptions {
  /** Where the pipeline is deployed. Default: `AWS_REGION`, else that of the AWS profile. */
  readonly region?: string;
  /**
   * Who walks the graph: `"direct"`, Glacier's scheduler in this process, which invokes each function and starts each
   * container; or `"orchestrated"`, the deployed state machine, which goes on without this process. Default: `"direct"`.
   */
  readonly mode?: "direct" | "orchestrated";
  /** Attempts side by side, in direct mode. Default 16. */
  readonly concurrency?: number;
  /** The deployment's bucket, where whoever looks at runs and data may not look the deployment up. Default: looked up. */
  readonly bucket?: string;
  /**
   * Whether a run first compares the code here with what is deployed, so that nobody runs old code without knowing. It takes a
   * build of the bundle. Default: true.
   */
  readonly checkCode?: boolean;
  /** Keys, or a provider of `@aws-sdk/credential-providers`. Default: the SDK's chain (environment, SSO, profile, roles). */
  readonly credentials?: NonNullable<LambdaClientConfig["credentials"]>;
  /** One URL for every service: a server of your own that speaks AWS's APIs. */
  readonly endpoint?: string;
  /** Clients of your own, with regions, credentials and retries of their own. A Lambda client must not repeat an invocation. */
  readonly clients?: OwnClients;
}

/** Clients that are used instead of ones made from the other options. */
export interface OwnClients {
  readonly lambda?: LambdaClient;
  readonly ecs?: ECSClient;
  readonly sfn?: SFNClient;
  readonly s3?: S3Client;
}

const checks: {
  readonly [K in keyof Required<AWSExecutorOptions>]: { accepts(value: unknown): boolean; readonly hint: string };
} = {
  region: {
    accepts: (value) => typeof value === "string" && regionName.test(value),
    hint: 'Give the region\'s name: "eu-west-1".',
  },
  mode: {
    accepts: (value) => value === "direct" || value === "orchestrated",
    hint: 'Give "direct" (Glacier schedules) or "orchestrated" (the state machine does).',
  },
  concurrency: {
    accepts: (value) => Number.isInteger(value) && Number(value) > 0,
    hint: "Give a whole number above 0: how many attempts run side by side.",
  },
  bucket: {
    accepts: (value) => typeof value === "string" && value !== "",
    hint: "Give the bucket's name, as AWSTarget({ bucket }) or the deployment's outputs have it.",
  },
  checkCode: {
    accepts: (value) => typeof value === "boolean",
    hint: "Give true or false.",
  },
  credentials: {
    accepts: (value) =>
      typeof value === "function" ||
      (isRecord(value) &&
        [value["accessKeyId"], value["secretAccessKey"]].every((part) => typeof part === "string" && part !== "")),
    hint: "Give { accessKeyId, secretAccessKey, sessionToken } or a provider of @aws-sdk/credential-providers.",
  },
  endpoint: endpointCheck,
  clients: {
    accepts: (value) =>
      isRecord(value) &&
      Object.entries(value).every(
        ([name, client]) => names.includes(name) && isRecord(client) && typeof client["send"] === "function",
      ),
    hint: "Give { lambda, ecs, sfn, s3 }: clients of the AWS SDK v3, as many as you like.",
  },
};

const names = ["lambda", "ecs", "sfn", "s3"];

/** Options may come from a config file, so types are no promise. Errors: `OPTION_INVALID`; never with a value in it. */
export function checkOptions(options: AWSExecutorOptions): void {
  if (!isRecord(options)) throw invalid("its options are no object", "Give an object, or nothing.");
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof typeof checks] : undefined;
    if (check === undefined) {
      throw invalid(`there is no option "${name}"`, `The options are ${Object.keys(checks).join(", ")}.`);
    }
    if (value !== undefined && !check.accepts(value)) throw invalid(`its option "${name}" is not valid`, check.hint);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function invalid(what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `AWSExecutor: ${what}`, hint });
}
