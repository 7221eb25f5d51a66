import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectInfo, WriteOptions } from "@glacier/core";
import { throwIfAborted } from "@glacier/core/adapter";
import { answerTime, type Bucket } from "./bucket.ts";
import { type Action, isS3 } from "./errors.ts";
import { createUpload } from "./multipart.ts";
import { mostParts } from "./parts.ts";
import { headOutput } from "./read.ts";
import { checkMetadata, describing, writing, written } from "./request.ts";
import { writeObject } from "./write.ts";

/** Bytes that one CopyObject takes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const largestCopy = 5 * 1024 ** 3;

/** Bytes of a copy's parts; few of them, since S3 does the work. */
const copyPart = 512 * 1024 ** 2;

/**
 * Copies within the bucket, without its bytes passing through here. A condition on the target is checked by the
 * completion of a multipart upload: servers that don't know one on CopyObject would copy anyway.
 */
export async function copyObject(
  bucket: Bucket,
  from: string,
  to: string,
  options: WriteOptions = {},
): Promise<ObjectInfo> {
  throwIfAborted(options.signal);
  bucket.objectKey(to);
  checkMetadata(options.metadata, to);
  const head = await headOutput(bucket, from, options.signal === undefined ? {} : { signal: options.signal });
  const size = head.ContentLength ?? 0;
  const conditional = options.ifMatch !== undefined || options.ifNoneMatch !== undefined;
  if (!conditional && size <= largestCopy) return copyWhole(bucket, from, to, head, options);
  const described = { ...options, ...describedAs(head, options) };
  if (size === 0) return writeObject(bucket, to, nothing(), described);
  return copyInParts(bucket, from, to, head, described);
}

async function copyWhole(
  bucket: Bucket,
  from: string,
  to: string,
  head: HeadObjectCommandOutput,
  options: WriteOptions,
): Promise<ObjectInfo> {
  const replaced = options.contentType !== undefined || options.metadata !== undefined;
  const described = describedAs(head, options);
  const request = {
    Bucket: bucket.name,
    Key: bucket.objectKey(to),
    ...sourceOf(bucket, from, head),
    ...bucket.storing,
    ...(replaced && { MetadataDirective: "REPLACE" as const, ...describing(bucket, described) }),
  };
  const { CopyObjectResult } = await bucket.call(copying(from), options.signal, ({ sdk, client }, http) =>
    client.send(new sdk.CopyObjectCommand(request), { ...http, ...answerTime(head.ContentLength ?? 0) }),
  );
  isS3(CopyObjectResult?.ETag, copying(from), bucket);
  return written(to, head.ContentLength ?? 0, CopyObjectResult?.ETag, described);
}

async function copyInParts(
  bucket: Bucket,
  from: string,
  to: string,
  head: HeadObjectCommandOutput,
  options: WriteOptions,
): Promise<ObjectInfo> {
  const size = head.ContentLength ?? 0;
  const step = Math.max(copyPart, Math.ceil(size / mostParts));
  const failure = new AbortController();
  const fail = (error: unknown): void => failure.abort(error);
  const signal = AbortSignal.any([failure.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const action = writing("copy", to, options);
  const storing = describing(bucket, options);
  const upload = await createUpload(bucket, { key: to, action, options, storing, signal, fail });
  try {
    for (let at = 0; at < size; at += step) {
      const CopySourceRange = `bytes=${at}-${Math.min(at + step, size) - 1}`;
      await upload.start(4, async (target) => {
        const request = { ...target, ...sourceOf(bucket, from, head), CopySourceRange };
        const { CopyPartResult } = await bucket.call(copying(from), signal, ({ sdk, client }, http) =>
          client.send(new sdk.UploadPartCopyCommand(request), { ...http, ...answerTime(step) }),
        );
        isS3(CopyPartResult?.ETag, copying(from), bucket);
        const { LastModified: _, ...part } = CopyPartResult ?? {};
        return part;
      });
    }
    return await upload.complete(size);
  } catch (error) {
    fail(error);
    await upload.abort();
    throw error;
  }
}

/** One version of the object, for all requests of a copy. */
function sourceOf(
  bucket: Bucket,
  from: string,
  { ETag }: HeadObjectCommandOutput,
): { CopySource: string; CopySourceIfMatch?: string } {
  const path = bucket.objectKey(from).split("/").map(encodeURIComponent).join("/");
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html#API_CopyObject_RequestSyntax
  const place = bucket.name.startsWith("arn:") ? `${bucket.name}/object` : bucket.name;
  return { CopySource: `${place}/${path}`, ...(ETag !== undefined && { CopySourceIfMatch: ETag }) };
}

function copying(from: string): Action {
  return { verb: "copy", key: from, condition: "match" };
}

/** What the copy is told to be, or else what its source is. */
function describedAs(
  { ContentType, Metadata }: HeadObjectCommandOutput,
  { contentType = ContentType, metadata = Metadata }: WriteOptions,
): Pick<WriteOptions, "contentType" | "metadata"> {
  return { ...(contentType !== undefined && { contentType }), ...(metadata !== undefined && { metadata }) };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
