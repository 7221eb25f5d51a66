import type { Resource } from "../model.ts";
import type { Settings } from "../settings.ts";

export const bucketId = "data";

/** The deployment's own bucket. It is always there: manifests, pins and journals need one. */
export function bucket({ bucketName, kmsKey }: Settings): Resource {
  return { kind: "bucket", id: bucketId, name: bucketName, kmsKey };
}
