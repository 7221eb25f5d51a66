import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import type { ObjectInfo, WriteOptions } from "@glacier/core";
import { discard, pull, throwIfAborted } from "@glacier/core/adapter";
import { answerTime, type Bucket } from "./bucket.ts";
import { isConflict, isS3 } from "./errors.ts";
import { createUpload, type Upload } from "./multipart.ts";
import { createPart, type Part, type PartBuffer, partSize, sideBySide, sizeOfPart } from "./parts.ts";
import { checkMetadata, conditionOf, describing, unsigned, writing, written } from "./request.ts";

/** Writes a body of any length: in one request up to {@link partSize}, else in parts while it is pulled. */
export async function writeObject(
  bucket: Bucket,
  key: string,
  body: AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<ObjectInfo> {
  try {
    throwIfAborted(options.signal);
    bucket.objectKey(key);
    checkMetadata(options.metadata, key);
  } catch (error) {
    discard(body);
    throw error;
  }
  const failure = new AbortController();
  // A part that fails ends the wait for the next chunk, too.
  const signal = AbortSignal.any([failure.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  let part = createPart(partSize);
  let parts: Sender | undefined;
  try {
    for await (const chunk of pull(body, signal)) {
      for (let at = 0; at < chunk.length; at += part.append(chunk, at)) {
        if (!part.full) continue;
        parts ??= await createSender(bucket, key, options, signal, (error) => failure.abort(error));
        part = await parts.send(part.take());
      }
    }
    throwIfAborted(signal);
    if (parts === undefined) return await put(bucket, key, part.take(), options);
    await parts.send(part.take());
    return await parts.complete();
  } catch (error) {
    failure.abort(error);
    await parts?.abort();
    throw error;
  }
}

/** Tries of one request while other conditional writes of the object are under way. */
const tries = 5;

async function put(bucket: Bucket, key: string, { bytes, checksum }: Part, options: WriteOptions): Promise<ObjectInfo> {
  const request: PutObjectCommandInput = {
    Bucket: bucket.name,
    Key: bucket.objectKey(key),
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumCRC32: checksum,
    ...describing(bucket, options),
    ...conditionOf(options),
  };
  const action = writing("write", key, options);
  const answer = await bucket.call(action, options.signal, async ({ sdk, client }, http) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.send(unsigned(new sdk.PutObjectCommand(request)), {
          ...http,
          ...answerTime(bytes.length),
        });
      } catch (error) {
        if (attempt === tries || !isConflict(error) || http.abortSignal?.aborted === true) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20 * 2 ** attempt * Math.random()));
      }
    }
  });
  isS3(answer.ETag, action, bucket);
  return written(key, bytes.length, answer.ETag, options);
}

/** Sends filled parts. */
interface Sender extends Pick<Upload, "abort"> {
  /** Sends a part as soon as few enough are on their way, and answers an empty one to fill. */
  send(part: Part): Promise<PartBuffer>;
  complete(): Promise<ObjectInfo>;
}

async function createSender(
  bucket: Bucket,
  key: string,
  options: WriteOptions,
  signal: AbortSignal,
  fail: (error: unknown) => void,
): Promise<Sender> {
  const action = writing("write", key, options);
  const storing = { ...describing(bucket, options), ChecksumAlgorithm: "CRC32" } as const;
  const upload = await createUpload(bucket, { key, action, options, storing, signal, fail });
  /** Memory of parts that have arrived. */
  const free: Uint8Array[] = [];
  let number = 0;
  let size = 0;
  return {
    async send({ bytes, checksum }) {
      number++;
      size += bytes.length;
      await upload.start(sideBySide(sizeOfPart(number)), async (target) => {
        const request = { ...target, Body: bytes, ContentLength: bytes.length, ChecksumCRC32: checksum };
        const { ETag, $metadata } = await bucket.call(action, signal, ({ sdk, client }, http) =>
          client.send(unsigned(new sdk.UploadPartCommand(request)), { ...http, ...answerTime(bytes.length) }),
        );
        isS3(ETag, action, bucket);
        // A request that was answered early and sent again may still be reading its bytes.
        if ($metadata.attempts === 1) free.push(bytes);
        return { ETag, ChecksumCRC32: checksum };
      });
      const next = sizeOfPart(number + 1);
      const memory = free.pop();
      return createPart(next, memory?.length === next ? memory : Buffer.allocUnsafeSlow(next));
    },
    complete: () => upload.complete(size),
    abort: () => upload.abort(),
  };
}
