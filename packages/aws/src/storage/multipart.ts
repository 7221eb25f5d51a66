import { createHash } from "node:crypto";
import type { CompletedPart, CreateMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import { isGlacierError, type ObjectInfo, type WriteOptions } from "@glacier/core";
import { checkConditions, orAbort, throwIfAborted } from "@glacier/core/adapter";
import type { Bucket, S3 } from "./bucket.ts";
import type { Action } from "./errors.ts";
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
  const abortUpload = (UploadId: string | undefined): Promise<unknown> =>
    bucket
      .call(action, AbortSignal.timeout(patience), ({ sdk, client }, http) =>
        client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId }), http),
      )
      .catch(() => {}); // what failed before is what the caller should hear
  const UploadId = await orAbort(creating, signal).then(
    (answer) => answer.UploadId as string,
    (error: unknown) => {
      bucket.settleLater(creating.then((answer) => abortUpload(answer.UploadId)));
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
      const etag = etagOfParts(parts);
      const answer = await bucket.call(action, options.signal, (s3, http) => {
        const request = { ...target, UploadId, MultipartUpload: { Parts: parts }, ...conditionOf(options) };
        const { sdk, client } = s3;
        return client
          .send(new sdk.CompleteMultipartUploadCommand(request), http)
          .catch((error) => completedBefore(s3, target, etag, error));
      });
      // Ceph doesn't say the etag here, and whoever looked for it might see another writer's.
      const said = answer.ETag === undefined || answer.ETag === "" ? etag : answer.ETag;
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

/** The SDK asks again when an answer is lost; the upload is gone then, and the object is there. */
async function completedBefore(
  { sdk, client }: S3,
  target: { readonly Bucket: string; readonly Key: string },
  etag: string | undefined,
  error: { readonly name?: string; readonly $metadata?: { readonly attempts?: number } },
): Promise<{ ETag?: string | undefined }> {
  if (error.name !== "NoSuchUpload" || etag === undefined || (error.$metadata?.attempts ?? 1) < 2) throw error;
  const head = new sdk.HeadObjectCommand({ ...target, IfMatch: quotedEtag(etag) });
  return client.send(head).catch(() => Promise.reject(error));
}

/** The etag that S3 gives to an object of these parts, unless it is encrypted with a KMS key. */
function etagOfParts(parts: readonly CompletedPart[]): string | undefined {
  const digests = parts.map(({ ETag = "" }) => ETag.replaceAll('"', ""));
  if (!digests.every((digest) => /^[0-9a-f]{32}$/.test(digest))) return undefined;
  return `${createHash("md5").update(digests.join(""), "hex").digest("hex")}-${parts.length}`;
}
