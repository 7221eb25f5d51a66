import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { CompletedPart, CreateMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import { isGlacierError, type ObjectInfo, type WriteOptions } from "@glacier/core";
import { checkConditions, orAbort, throwIfAborted } from "@glacier/core/adapter";
import { answerTime, type Bucket, type S3 } from "./bucket.ts";
import { type Action, isConflict, isS3, metAnother, perhapsWritten } from "./errors.ts";
import { quotedEtag } from "./info.ts";
import { headObject } from "./read.ts";
import { conditionOf, written } from "./request.ts";

/** A multipart upload. Whoever makes one ends it, by `complete` or by `abort`. */
export interface Upload {
  /** Starts a part's request as soon as fewer than `limit` are on their way; the parts keep the order of these calls. */
  start(limit: number, send: (target: PartTarget) => Promise<CompletedPart>): Promise<void>;
  /** Publishes the object, if its conditions still hold. Errors: those of a write, and of the parts. */
  complete(size: number): Promise<ObjectInfo>;
  /** Waits for the requests on their way and ends the upload: S3 keeps, and charges, parts of one that is never ended. */
  abort(): Promise<void>;
}

/** Where a part goes, as parameters. */
export interface PartTarget {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
  readonly PartNumber: number;
}

/** What a multipart upload is of. */
export interface UploadInit {
  readonly key: string;
  readonly action: Action;
  readonly options: WriteOptions;
  /** How the object is stored. */
  readonly storing: Partial<CreateMultipartUploadCommandInput>;
  /** Fires when a part fails or the caller aborts; ends the requests of parts. */
  readonly signal: AbortSignal;
  /** Fires `signal`. */
  fail(error: unknown): void;
}

/** Milliseconds that the clean-up after a failure may take. */
const patience = 15_000;

/** Begins a multipart upload, unless its conditions fail already: nobody should upload a terabyte to hear that. */
export async function createUpload(bucket: Bucket, init: UploadInit): Promise<Upload> {
  const { key, action, options, storing, signal, fail } = init;
  const target = { Bucket: bucket.name, Key: bucket.objectKey(key) };
  await checkEarly(bucket, key, options, signal);
  const creating = bucket.call(action, undefined, ({ sdk, client }) =>
    client.send(new sdk.CreateMultipartUploadCommand({ ...target, ...storing })),
  );
  const abortUpload = (UploadId: string): Promise<unknown> =>
    bucket
      .call(action, AbortSignal.timeout(patience), ({ sdk, client }, http) =>
        client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId }), http),
      )
      .catch(() => {}); // what failed before is what the caller should hear
  const UploadId = await orAbort(creating, signal).then(
    (answer) => {
      isS3(answer.UploadId, action, bucket);
      return answer.UploadId as string;
    },
    (error: unknown) => {
      bucket.settleLater(creating.then(({ UploadId }) => UploadId !== undefined && abortUpload(UploadId)));
      throw error;
    },
  );
  const parts: CompletedPart[] = [];
  const running = new Set<Promise<void>>();
  let started = 0;

  return {
    async start(limit, send) {
      while (running.size >= limit) await Promise.race(running);
      throwIfAborted(signal);
      const PartNumber = ++started;
      const request: Promise<void> = send({ ...target, UploadId, PartNumber })
        .then((part) => {
          parts[PartNumber - 1] = { ...part, PartNumber };
        }, fail)
        .finally(() => running.delete(request));
      running.add(request);
    },
    async complete(size) {
      await Promise.all(running);
      throwIfAborted(signal);
      const content = { etag: etagOfParts(parts), checksum: checksumOfParts(parts), size };
      const answer = await bucket.call<Published>(action, options.signal, (s3, http) => {
        const request = { ...target, UploadId, MultipartUpload: { Parts: parts }, ...conditionOf(options) };
        const { sdk, client } = s3;
        return client
          .send(new sdk.CompleteMultipartUploadCommand(request), { ...http, ...answerTime(size) })
          .catch(async (error: Failure) => {
            if (error.name === "NoSuchUpload" && (error.$metadata?.attempts ?? 1) > 1)
              return completedBefore(s3, target, content, bucket.uri(key));
            if (!isConflict(error) || action.condition === undefined) throw error;
            await checkEarly(bucket, key, options, signal);
            throw metAnother(key);
          });
      });
      if ((answer.ETag ?? answer.Location ?? answer.Key) === undefined) await checkThere(bucket, key, action);
      // Ceph doesn't say the etag here, and whoever looked for it might see another writer's.
      const said = answer.ETag === undefined || answer.ETag === "" ? content.etag : answer.ETag;
      return written(key, size, said, options);
    },
    async abort() {
      await Promise.all(running);
      await abortUpload(UploadId);
    },
  };
}

/** Only a clear answer counts: who may write needn't be allowed to read. */
async function checkEarly(bucket: Bucket, key: string, options: WriteOptions, signal: AbortSignal): Promise<void> {
  if (options.ifMatch === undefined && options.ifNoneMatch === undefined) return;
  let etag: string | undefined;
  try {
    etag = (await headObject(bucket, key, { signal })).etag;
  } catch (error) {
    if (!isGlacierError(error, "NOT_FOUND")) return;
  }
  checkConditions(options, etag, key);
}

/** Ceph's answer to a completion may say nothing at all, as a page that isn't S3's: the object tells them apart. */
async function checkThere(bucket: Bucket, key: string, action: Action): Promise<void> {
  try {
    await headObject(bucket, key);
  } catch (error) {
    if (isGlacierError(error, "NOT_FOUND")) isS3(undefined, action, bucket);
    if (!isGlacierError(error, "PERMISSION_DENIED")) throw error; // who may write needn't be allowed to read
  }
}

/** What the SDK throws. */
interface Failure {
  readonly name?: string;
  readonly $metadata?: { readonly attempts?: number };
}

/** What an answer says of a completed upload; servers differ in which of it. */
interface Published {
  readonly ETag?: string | undefined;
  readonly Location?: string | undefined;
  readonly Key?: string | undefined;
}

/** What tells an object of this upload from others. */
interface Content {
  readonly etag: string | undefined;
  readonly checksum: string | undefined;
  readonly size: number;
}

/** The SDK asks again when an answer is lost; the upload is gone then, and the object is there. */
async function completedBefore(
  { sdk, client }: S3,
  target: { readonly Bucket: string; readonly Key: string },
  { etag, checksum, size }: Content,
  uri: string,
): Promise<Published> {
  const head = new sdk.HeadObjectCommand({ ...target, ChecksumMode: "ENABLED" });
  const found = await client.send(head).catch(() => undefined);
  if (found?.ContentLength !== size) throw perhapsWritten(uri);
  const same = etag !== undefined && quotedEtag(found.ETag ?? "") === quotedEtag(etag);
  // Under a KMS key the etag says nothing of the bytes; their checksum does.
  if (same || (checksum !== undefined && found.ChecksumCRC32 === checksum)) return found;
  throw perhapsWritten(uri);
}

/** The CRC32 that S3 gives to an object of these parts: that of their own, and how many they are. */
function checksumOfParts(parts: readonly CompletedPart[]): string | undefined {
  const sums = parts.map(({ ChecksumCRC32 }) => ChecksumCRC32);
  if (sums.includes(undefined)) return undefined;
  const whole = Buffer.alloc(4);
  whole.writeUInt32BE(crc32(Buffer.concat(sums.map((sum) => Buffer.from(sum as string, "base64")))));
  return `${whole.toString("base64")}-${parts.length}`;
}

/** The etag that S3 gives to an object of these parts, unless it is encrypted with a KMS key. */
function etagOfParts(parts: readonly CompletedPart[]): string | undefined {
  const digests = parts.map(({ ETag = "" }) => ETag.replaceAll('"', ""));
  if (!digests.every((digest) => /^[0-9a-f]{32}$/.test(digest))) return undefined;
  return `${createHash("md5").update(digests.join(""), "hex").digest("hex")}-${parts.length}`;
}
