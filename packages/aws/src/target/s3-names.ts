import { type Diagnostic, isGlacierError, type PlanDataset, type StorageResource } from "@glacier/core";
import { isJsonObject } from "@glacier/core/compile";
import { defaultBucket, defaultState, regionName } from "../deployment.ts";
import { rootOf } from "../storage/bucket.ts";
import { wrongOption } from "../storage/options.ts";
import { remark } from "./limits.ts";
import { inS3 } from "./reach.ts";
import type { Settings } from "./settings.ts";
import { couldBe } from "./text.ts";

/**
 * A remark on each dataset in S3 whose storage a role can't be given: what it names goes into policies, where a wildcard
 * would be more than one bucket or key.
 */
export function checkS3Names(datasets: readonly PlanDataset[], { bucketName }: Settings): Diagnostic[] {
  const isOwn = (bucket: string) => bucket === defaultBucket || couldBe(bucketName, bucket);
  // What S3 can't take at all is refused where storage is looked at.
  const legal = datasets.filter((dataset) => inS3(dataset) && wrongOption(dataset.storage) === undefined);
  return legal.flatMap(({ name, storage, key, producer, consumers }): Diagnostic[] => {
    const users = [...(producer === undefined ? [] : [producer]), ...consumers];
    const what = `dataset "${name}" (of ${users.map((user) => `"${user}"`).join(", ")})`;
    const refuse = (why: string, hint: string): Diagnostic =>
      remark("error", "OPTION_INVALID", `${what} ${why}`, hint, { dataset: name });
    const wrong = Object.entries(checks).filter(([, { accepts }]) => !accepts(storage));
    const own = producer !== undefined && isOwn(String(storage["bucket"]));
    return [
      ...wrong.map(([option, { hint }]) => refuse(`has storage whose ${option} is not legal`, hint)),
      ...(wrong.length === 0 && own && `${rootOf(storage)}${key}`.startsWith(rootOf(defaultState))
        ? [
            refuse(
              `is written below ${rootOf(defaultState)} of the deployment's bucket, where its manifests, journals and code are`,
              "Give it another key or prefix.",
            ),
          ]
        : []),
    ];
  });
}

/** Whether a bucket is named by the ARN of an access point. */
export function isAccessPoint(bucket: string): boolean {
  return /^arn:aws[a-z-]*:s3:[a-z0-9-]+:\d{12}:accesspoint\/[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(bucket);
}

const checks = {
  bucket: {
    accepts: ({ bucket }) => typeof bucket === "string" && (bucket === defaultBucket || isBucket(bucket)),
    hint: "Give the name of a bucket, or the ARN of an access point: an alias is nothing that policies know, and directory buckets have other rights.",
  },
  region: {
    accepts: ({ region }) => region === undefined || (typeof region === "string" && regionName.test(region)),
    hint: 'Give the name of a region, such as "us-east-1".',
  },
  prefix: {
    accepts: (storage) => {
      try {
        rootOf(storage);
        return true;
      } catch (error) {
        if (isGlacierError(error, "KEY_INVALID")) return false;
        throw error;
      }
    },
    hint: "Give a path such as raw/2026: no . or .. in it, no control characters.",
  },
  encryption: {
    accepts: ({ encryption }) => !isJsonObject(encryption) || isKey(encryption["kms"]),
    hint: 'Give { kms } the id of a key, its ARN, or an alias ("alias/…", or the ARN of one).',
  },
} satisfies Record<string, { accepts(storage: StorageResource): boolean; readonly hint: string }>;

/** Buckets of before 2018 have more in their names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function isBucket(name: string): boolean {
  if (isAccessPoint(name)) return true;
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(name) && !/(-s3alias|--x-s3)$/.test(name);
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id */
function isKey(name: unknown): boolean {
  return (
    typeof name === "string" &&
    /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key\/[A-Za-z0-9-]+|alias\/[\w/-]+)|[A-Za-z0-9-]+|alias\/[\w/-]+)$/.test(
      name,
    )
  );
}
