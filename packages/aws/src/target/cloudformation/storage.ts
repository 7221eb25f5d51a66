import { bucketRules, tlsOnly } from "../bucket-rules.ts";
import type { Bucket, LogGroup, Model } from "../model.ts";
import type { Printed } from "../print.ts";
import { kept } from "./kept.ts";
import { tagList } from "./tags.ts";
import { logicalId, object, substituted } from "./value.ts";

export function printBucket({ id, name, kmsKey }: Bucket, printed: Printed, model: Model): void {
  const encryption =
    kmsKey === undefined ? { SSEAlgorithm: "AES256" } : { SSEAlgorithm: "aws:kms", KMSMasterKeyID: kmsKey };
  printed.add("AWS::S3::Bucket", logicalId(id, "Bucket"), {
    ...kept,
    BucketName: substituted(name),
    VersioningConfiguration: { Status: "Enabled" },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: encryption, BucketKeyEnabled: kmsKey !== undefined },
      ],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    LifecycleConfiguration: {
      Rules: [
        {
          Id: bucketRules.name,
          Status: "Enabled",
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: bucketRules.abortUploadsAfter },
          NoncurrentVersionExpiration: { NoncurrentDays: bucketRules.dropOldVersionsAfter },
        },
      ],
    },
    Tags: tagList(model),
  });
  printed.add("AWS::S3::BucketPolicy", logicalId(id, "BucketPolicy"), {
    // Else the bucket that is kept would answer without TLS, too.
    ...kept,
    Bucket: { Ref: logicalId(id, "Bucket") },
    PolicyDocument: object(tlsOnly(name, model.partition)),
  });
}

export function printLogGroup({ id, name, retention, kmsKey }: LogGroup, printed: Printed, model: Model): void {
  printed.add("AWS::Logs::LogGroup", logicalId(id, "LogGroup"), {
    DeletionPolicy: "Delete",
    UpdateReplacePolicy: "Delete",
    LogGroupName: name,
    RetentionInDays: retention,
    ...(kmsKey !== undefined && { KmsKeyId: kmsKey }),
    Tags: tagList(model),
  });
}
