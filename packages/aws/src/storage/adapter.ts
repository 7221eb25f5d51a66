import type { S3Client } from "@aws-sdk/client-s3";
import { GlacierError, type S3Resource, type StorageAdapter, type StorageFactory } from "@glacier/core";
import { type Bucket, openBucket } from "./bucket.ts";
import { copyObject } from "./copy.ts";
import { deleteObjects } from "./delete.ts";
import { type Action, isS3 } from "./errors.ts";
import { listObjects } from "./list.ts";
import { headObject, readObject } from "./read.ts";
import { writeObject } from "./write.ts";

/** What code that makes the adapter itself may pass. */
export interface S3Options {
  /**
   * A client of your own, with its own credentials, agents and retries; the resource's `region`, `endpoint` and
   * `forcePathStyle` are then the client's matter, and so is closing it.
   */
  readonly client?: S3Client;
}

/**
 * Objects in a bucket of Amazon S3, or of a server that speaks its API and its conditional writes. The SDK loads with the
 * first call; credentials come from its default chain (environment, SSO, profiles, container and instance roles).
 *
 * Etags are S3's own, so for most objects they follow from the content: the same bytes may have the same etag again.
 * `metadata` has lower-case names and printable ASCII values.
 */
export const s3: StorageFactory<S3Resource> = (resource) => adapterOf(openBucket(resource, undefined));

/** {@link s3} with a client of your own: `{ ...aws, storage: { s3: s3With({ client }) } }` is a provider with it. */
export function s3With({ client }: S3Options): StorageFactory<S3Resource> {
  return client === undefined ? s3 : s3From(async () => client);
}

/** {@link s3} with clients that are asked for with a resource's first call, and that whoever gives them closes. */
export function s3From(client: (resource: S3Resource) => Promise<S3Client>): StorageFactory<S3Resource> {
  return (resource) => adapterOf(openBucket(resource, () => client(resource)));
}

/** Seconds that a signed URL may hold. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html */
const longestExpiry = 7 * 24 * 3600;

function adapterOf(bucket: Bucket): StorageAdapter {
  return {
    read: (key, options) => readObject(bucket, key, options),

    write: (key, body, options) => writeObject(bucket, key, body, options),

    stat: (key, options) => headObject(bucket, key, options),

    list: (prefix, options) => listObjects(bucket, prefix, options),

    async delete(key, { signal } = {}) {
      const target = { Bucket: bucket.name, Key: bucket.objectKey(key) };
      const action: Action = { verb: "delete", key };
      const { $metadata } = await bucket.call(action, signal, ({ sdk, client }, http) =>
        client.send(new sdk.DeleteObjectCommand(target), http),
      );
      isS3($metadata.httpStatusCode === 204 || undefined, action, bucket);
    },

    deleteMany: (keys, options) => deleteObjects(bucket, keys, options?.signal),

    copy: (from, to, options) => copyObject(bucket, from, to, options),

    async signedUrl(key, { expiresIn, method = "GET" }) {
      const target = { Bucket: bucket.name, Key: bucket.objectKey(key) };
      if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > longestExpiry) throw badExpiry(expiresIn);
      const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
      return bucket.call({ verb: method === "GET" ? "read" : "write", key }, undefined, ({ sdk, client }) => {
        // A checksum in the URL would be that of no bytes.
        const config = { ...client.config, requestChecksumCalculation: async () => "WHEN_REQUIRED" as const };
        const signer = { config, middlewareStack: client.middlewareStack } as S3Client;
        const command =
          method === "GET"
            ? new sdk.GetObjectCommand(target)
            : new sdk.PutObjectCommand({ ...target, ...bucket.storing });
        return getSignedUrl(signer, command, { expiresIn });
      });
    },

    uri: (key) => bucket.uri(key),

    close: () => bucket.close(),
  };
}

function badExpiry(expiresIn: number): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `a signed URL can't expire in ${expiresIn} seconds`,
    hint: `Give whole seconds from 1 to ${longestExpiry} (7 days).`,
  });
}
