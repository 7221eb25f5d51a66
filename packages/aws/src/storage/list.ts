import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { isGlacierError, type ListOptions, type ObjectInfo } from "@glacier/core";
import { checkKey, compareUtf8, throwIfAborted } from "@glacier/core/adapter";
import type { Bucket } from "./bucket.ts";
import { type Action, isS3 } from "./errors.ts";
import { infoOf } from "./info.ts";

/** Objects per request. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const largestPage = 1000;

/** Pages of a listing, as they are asked for. A general-purpose bucket answers in the order of UTF-8 bytes. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  { pageSize = largestPage, delimiter, signal }: ListOptions = {},
): AsyncGenerator<ObjectInfo> {
  const request = {
    Bucket: bucket.name,
    Prefix: bucket.root + prefix,
    MaxKeys: Math.max(1, Math.min(pageSize, largestPage)),
    // XML can't hold every key; a URL can.
    EncodingType: "url" as const,
    ...(delimiter !== undefined && { Delimiter: delimiter }),
  };
  const action: Action = { verb: "list", key: prefix };
  let token: string | undefined;
  do {
    const next = token === undefined ? request : { ...request, ContinuationToken: token };
    const page: ListObjectsV2CommandOutput = await bucket.call(action, signal, ({ sdk, client }, http) =>
      client.send(new sdk.ListObjectsV2Command(next), http),
    );
    isS3(page.IsTruncated ?? page.Name ?? page.Contents, action, bucket);
    for (const entry of entriesOf(page, bucket.root)) {
      throwIfAborted(signal);
      yield entry;
    }
    if (page.IsTruncated === true) isS3(page.NextContinuationToken, action, bucket);
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Objects and common prefixes in one order; S3 answers them apart. */
function entriesOf(
  { Contents = [], CommonPrefixes = [], EncodingType }: ListObjectsV2CommandOutput,
  root: string,
): ObjectInfo[] {
  const decode = EncodingType === "url" ? decodeUrl : (key = "") => key;
  const objects = Contents.map((object) => infoOf(decode(object.Key).slice(root.length), object.Size ?? 0, object));
  if (CommonPrefixes.length === 0) return objects.filter(({ key }) => isKey(key));
  const prefixes = CommonPrefixes.map(({ Prefix }) => decode(Prefix).slice(root.length));
  return [
    ...objects.filter(({ key }) => isKey(key)),
    ...prefixes
      .filter((key) => isKey(key.slice(0, -1)))
      .map((key): ObjectInfo => ({ key, size: 0, etag: "", prefix: true })),
  ].sort((a, b) => compareUtf8(a.key, b.key));
}

/** Whether a key is one of ours: a bucket may hold others, such as the "raw/" that consoles make for a folder. */
function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch (error) {
    if (isGlacierError(error, "KEY_INVALID")) return false;
    throw error;
  }
}

/** The wire's form is that of a query, with + for a space. */
function decodeUrl(key = ""): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
