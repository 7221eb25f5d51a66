import type { PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { GlacierError, normalizeKey, type S3Resource, type StorageResource } from "@glacier/core";
import { abortError, checkKey, orAbort, throwIfAborted } from "@glacier/core/adapter";
import { type Action, s3Error, showsBucket } from "./errors.ts";
import { wrongOption } from "./options.ts";

/** The loaded SDK, and a client of it. */
export interface S3 {
  readonly sdk: typeof import("@aws-sdk/client-s3");
  readonly client: S3Client;
}

/** A bucket, or a prefix in one: what every operation needs. */
export interface Bucket {
  readonly name: string;
  /** In front of every key: empty, or with a slash at its end. */
  readonly root: string;
  /** How objects are stored: encryption, storage class. */
  readonly storing: Pick<PutObjectCommandInput, "ServerSideEncryption" | "SSEKMSKeyId" | "StorageClass">;
  /** Whether an answer has shown that the bucket exists. */
  readonly seen: boolean;
  /** The whole key of an object. Errors: `KEY_INVALID`. */
  objectKey(key: string): string;
  uri(key: string): string;
  /** Runs one request; errors are GlacierErrors. */
  call<T>(action: Action, signal: AbortSignal | undefined, run: Request<T>): Promise<T>;
  /** Keeps a clean-up that nobody waits for: {@link close} does. */
  settleLater(cleanup: Promise<unknown>): void;
  close(): Promise<void>;
}

/** Sends one request with the options that it is given. */
export type Request<T> = (s3: S3, options: { abortSignal?: AbortSignal }) => Promise<T>;

/**
 * How long a server may take: milliseconds to connect, and until its answer begins. A body may then stream for hours:
 * `readObject` looks after that one.
 */
export const answering = { connectionTimeout: 10_000, requestTimeout: 120_000, throwOnRequestTimeout: true } as const;

/** {@link answering} for a request that brings so many bytes, or lets the server copy them: at 32 KiB a second, at least. */
export function answerTime(bytes: number): { requestTimeout: number } {
  return { requestTimeout: answering.requestTimeout + bytes / 32 };
}

/** Opens nothing yet. Without clients of the caller's, one is made with the first call. Errors: `OPTION_INVALID`. */
export function openBucket(resource: S3Resource, own: (() => Promise<S3Client>) | undefined): Bucket {
  const { bucket: name } = resource;
  if (typeof name !== "string" || name === "") throw noBucket();
  const wrong = wrongOption(resource);
  if (wrong !== undefined) {
    const message = `s3 storage of bucket "${name}": ${wrong.why}`;
    throw new GlacierError("OPTION_INVALID", { message, hint: wrong.hint });
  }
  const root = rootOf(resource);
  const pending = new Set<Promise<unknown>>();
  let opening: Promise<S3> | undefined;
  let seen = false;

  const bucket: Bucket = {
    name,
    root,
    storing: storingOf(resource),
    get seen() {
      return seen;
    },
    objectKey: (key) => wholeKey(root, key),
    uri: (key) => `s3://${name}/${wholeKey(root, key)}`,
    async call(action, signal, run) {
      throwIfAborted(signal);
      try {
        opening ??= open(resource, own);
        const s3 = await orAbort(opening, signal);
        const answer = await orAbort(run(s3, signal === undefined ? {} : { abortSignal: signal }), signal);
        seen = true;
        return answer;
      } catch (error) {
        if (signal?.aborted === true) throw abortError(signal);
        seen ||= showsBucket(error);
        throw s3Error(error, action, bucket);
      }
    },
    settleLater(cleanup) {
      const settled = cleanup.catch(() => {}).finally(() => pending.delete(settled));
      pending.add(settled);
    },
    async close() {
      await Promise.all(pending);
      if (own === undefined) (await opening?.catch(() => undefined))?.client.destroy();
      opening = undefined;
    },
  };
  return bucket;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const longestKey = 1024;

function wholeKey(root: string, key: string): string {
  const whole = root + checkKey(key);
  const bytes = Buffer.byteLength(whole);
  if (bytes <= longestKey) return whole;
  throw new GlacierError("KEY_INVALID", {
    message: `object key "${key.slice(0, 200)}" is ${bytes} bytes long with its prefix; S3 takes ${longestKey}`,
    hint: "Use a shorter key, or a shorter prefix.",
    context: { key: key.slice(0, 200) },
  });
}

/** In front of every key of a storage: empty, or with a slash at its end. Errors: `KEY_INVALID`. */
export function rootOf({ prefix }: StorageResource): string {
  const trimmed = String(prefix ?? "").replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `${normalizeKey(trimmed)}/`;
}

function storingOf({ encryption, storageClass }: S3Resource): Bucket["storing"] {
  return {
    ...(encryption === "AES256" && { ServerSideEncryption: "AES256" }),
    ...(typeof encryption === "object" && { ServerSideEncryption: "aws:kms", SSEKMSKeyId: encryption.kms }),
    ...(storageClass !== undefined && { StorageClass: storageClass }),
  };
}

async function open({ region, endpoint, forcePathStyle }: S3Resource, own?: () => Promise<S3Client>): Promise<S3> {
  const sdk = await import("@aws-sdk/client-s3");
  if (own !== undefined) return { sdk, client: await own() };
  // Other servers take any region, but a signature needs one.
  const given = region ?? (endpoint === undefined ? undefined : (process.env["AWS_REGION"] ?? "us-east-1"));
  const { clientConfig } = await import("./client.ts");
  const client = new sdk.S3Client({
    ...(given !== undefined && { region: given }),
    ...(endpoint !== undefined && { endpoint }),
    ...(forcePathStyle !== undefined && { forcePathStyle }),
    ...clientConfig(answering),
  });
  return { sdk, client };
}

function noBucket(): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: "s3 storage without a bucket",
    hint: 'Name it: storage.s3({ bucket: "acme-data" }).',
  });
}
