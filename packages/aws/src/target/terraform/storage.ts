import { bucketRules, tlsOnly } from "../bucket-rules.ts";
import type { Bucket, LogGroup, Model } from "../model.ts";
import type { Printed } from "../print.ts";
import { tags } from "./tags.ts";
import { jsonTemplate, reference, template } from "./value.ts";

/** The zip that all functions take from the bucket. */
export const codeId = "code";

export function printBucket({ id, name, kmsKey }: Bucket, printed: Printed, { partition, code: { zip } }: Model): void {
  const bucket = reference(`aws_s3_bucket.${id}.bucket`);
  printed.add("aws_s3_bucket", id, { bucket: template(name), force_destroy: false, tags });
  printed.add("aws_s3_bucket_versioning", id, { bucket, versioning_configuration: { status: "Enabled" } });
  const encryption =
    kmsKey === undefined ? { sse_algorithm: "AES256" } : { sse_algorithm: "aws:kms", kms_master_key_id: kmsKey };
  printed.add("aws_s3_bucket_server_side_encryption_configuration", id, {
    bucket,
    rule: { apply_server_side_encryption_by_default: encryption, bucket_key_enabled: kmsKey !== undefined },
  });
  printed.add("aws_s3_bucket_public_access_block", id, {
    bucket,
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  printed.add("aws_s3_bucket_lifecycle_configuration", id, {
    bucket,
    rule: [
      {
        id: bucketRules.name,
        status: "Enabled",
        filter: { prefix: "" },
        abort_incomplete_multipart_upload: { days_after_initiation: bucketRules.abortUploadsAfter },
        noncurrent_version_expiration: { noncurrent_days: bucketRules.dropOldVersionsAfter },
      },
    ],
    depends_on: [`aws_s3_bucket_versioning.${id}`],
  });
  // Sent with each function, it would go up once for each, one after the other: the provider holds a lock meanwhile.
  printed.add("aws_s3_object", codeId, {
    bucket,
    key: `.glacier/code/${zip.sha256.slice(0, 16)}.zip`,
    source: `\${path.module}/${zip.path}`,
    source_hash: zip.sha256,
    depends_on: [`aws_s3_bucket_versioning.${id}`, `aws_s3_bucket_server_side_encryption_configuration.${id}`],
  });
  printed.add("aws_s3_bucket_policy", id, {
    bucket,
    policy: jsonTemplate(tlsOnly(name, partition)),
    depends_on: [`aws_s3_bucket_public_access_block.${id}`],
  });
}

export function printLogGroup({ id, name, retention, kmsKey }: LogGroup, printed: Printed): void {
  printed.add("aws_cloudwatch_log_group", id, {
    name,
    retention_in_days: retention,
    ...(kmsKey !== undefined && { kms_key_id: kmsKey }),
    tags,
  });
}
