import { type GlacierError, isGlacierError } from "@glacier/core";
import { throwIfAborted } from "@glacier/core/adapter";
import type { Bucket } from "./bucket.ts";
import { type Action, isS3, s3Error } from "./errors.ts";

/** Keys that one request takes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const perRequest = 1000;

/** Deletes many objects, and answers those that failed: also all of a request that failed as a whole. */
export async function deleteObjects(
  bucket: Bucket,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ key: string; error: GlacierError }[]> {
  throwIfAborted(signal);
  const failed: { key: string; error: GlacierError }[] = [];
  const byObjectKey = new Map<string, string>();
  for (const key of keys) {
    try {
      byObjectKey.set(bucket.objectKey(key), key);
    } catch (error) {
      if (!isGlacierError(error)) throw error;
      failed.push({ key, error });
    }
  }
  const all = [...byObjectKey.keys()];
  for (let at = 0; at < all.length; at += perRequest) {
    const batch = all.slice(at, at + perRequest);
    try {
      for (const { Key = "", Code = "Error", Message = "" } of await deleteBatch(bucket, batch, signal)) {
        const key = byObjectKey.get(Key) ?? Key;
        const status = Code === "AccessDenied" ? 403 : 500;
        const thrown = Object.assign(new Error(Message), { name: Code, $metadata: { httpStatusCode: status } });
        failed.push({ key, error: s3Error(thrown, { verb: "delete", key }, bucket) });
      }
    } catch (error) {
      if (!isGlacierError(error) || signal?.aborted === true) throw error;
      failed.push(...batch.map((objectKey) => ({ key: byObjectKey.get(objectKey) ?? objectKey, error })));
    }
  }
  return failed;
}

async function deleteBatch(
  bucket: Bucket,
  batch: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly { Key?: string | undefined; Code?: string | undefined; Message?: string | undefined }[]> {
  const Objects = batch.map((Key) => ({ Key }));
  const action: Action = { verb: "delete", key: `${batch.length} objects` };
  const answer = await bucket.call(action, signal, ({ sdk, client }, http) =>
    client.send(new sdk.DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } }), http),
  );
  isS3(answer.Deleted ?? answer.Errors, action, bucket);
  return answer.Errors ?? [];
}
