import { Readable } from "node:stream";
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import {
  type CallOptions,
  GlacierError,
  isGlacierError,
  type ObjectInfo,
  type ReadOptions,
  type ReadResult,
} from "@glacier/core";
import { abortError, resolveRange } from "@glacier/core/adapter";
import { answering, type Bucket, type Request } from "./bucket.ts";
import { watchBody } from "./connections.ts";
import { type Action, isS3, s3Error } from "./errors.ts";
import { infoOf, quotedEtag } from "./info.ts";

/** Opens an object, or a range of it. */
export async function readObject(bucket: Bucket, key: string, options: ReadOptions = {}): Promise<ReadResult> {
  const { range, ifMatch, signal } = options;
  bucket.objectKey(key);
  // Past the end S3 answers an error without the object's size, and a range such as "-5 to 7" it can't express.
  if (range === undefined) return get(bucket, key, undefined, ifMatch, signal);
  const { start, end } = range;
  if (start >= 0 && (end === undefined || end > start)) {
    const found = await unlessPastEnd(
      get(bucket, key, `${start}-${end === undefined ? "" : end - 1}`, ifMatch, signal),
    );
    if (found !== undefined) return found;
  } else if (start < 0 && end === undefined) {
    const found = await unlessPastEnd(get(bucket, key, `${start}`, ifMatch, signal));
    if (found !== undefined) return found;
  }
  return readResolved(bucket, key, range, options);
}

/** What S3 says of an object. */
export async function headObject(bucket: Bucket, key: string, options: ConditionalOptions = {}): Promise<ObjectInfo> {
  const head = await headOutput(bucket, key, options);
  return infoOf(key, head.ContentLength ?? 0, head);
}

/** {@link headObject} as S3 answers it. */
export async function headOutput(
  bucket: Bucket,
  key: string,
  { ifMatch, signal }: ConditionalOptions,
): Promise<HeadObjectCommandOutput> {
  const target = { Bucket: bucket.name, Key: bucket.objectKey(key), ...matching(ifMatch) };
  const action: Action = { verb: "read", key, condition: "match" };
  const head = await bucket.call(action, signal, async ({ sdk, client }, http) => {
    try {
      return await client.send(new sdk.HeadObjectCommand(target), http);
    } catch (error) {
      // An answer to HEAD has no body, so it doesn't say why: a GET of one byte does.
      if (!isUnexplained(error, bucket.seen)) throw error;
      const { Body } = await client.send(new sdk.GetObjectCommand({ ...target, Range: "bytes=0-0" }), http);
      if (Body instanceof Readable) Body.destroy();
      throw error;
    }
  });
  isS3(head.ETag, action, bucket);
  return head;
}

/** Options of a request that one version only may answer. */
export interface ConditionalOptions extends CallOptions {
  readonly ifMatch?: string;
}

/** How often a range is looked up again when the object is replaced in between. */
const lookups = 10;

/** Asks for the size first; the bytes are then of that version. */
async function readResolved(
  bucket: Bucket,
  key: string,
  range: NonNullable<ReadOptions["range"]>,
  options: ReadOptions,
): Promise<ReadResult> {
  for (let lookup = 1; ; lookup++) {
    const info = await headObject(bucket, key, options);
    const { start, end } = resolveRange(range, info.size);
    if (start === end) return { body: nothing(), info };
    try {
      return await get(bucket, key, `${start}-${end - 1}`, info.etag, options.signal);
    } catch (error) {
      const replaced = isGlacierError(error, "PRECONDITION_FAILED") && options.ifMatch === undefined;
      if (!replaced || lookup === lookups) throw error;
    }
  }
}

async function get(
  bucket: Bucket,
  key: string,
  range: string | undefined,
  ifMatch: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadResult> {
  const action: Action = { verb: "read", key, condition: "match" };
  const target = { Bucket: bucket.name, Key: bucket.objectKey(key), ...matching(ifMatch) };
  const send: Request<GetObjectCommandOutput> = ({ sdk, client }, http) =>
    client.send(new sdk.GetObjectCommand({ ...target, ...(range !== undefined && { Range: `bytes=${range}` }) }), http);
  const found = await bucket.call(action, signal, send);
  const stream = found.Body as Readable;
  const total = found.ContentRange?.split("/")[1];
  try {
    isS3(found.ETag, action, bucket);
    // Of no bytes, the whole object is any range of it: some servers answer so.
    if (range !== undefined && total === undefined && found.ContentLength !== 0) throw wholeObject(bucket.uri(key));
  } catch (error) {
    stream.destroy();
    throw error;
  }
  const size = total === undefined ? (found.ContentLength ?? 0) : Number(total);
  return {
    body: bodyOf(stream, signal, (error) => s3Error(error, action, bucket)),
    info: infoOf(key, size, found),
  };
}

/**
 * The response's own stream, which is destroyed when it is left early, also before its first chunk (a stream's own
 * iterator isn't, then), and by the signal.
 */
function bodyOf(
  stream: Readable,
  signal: AbortSignal | undefined,
  mapped: (error: unknown) => Error,
): AsyncIterable<Uint8Array> {
  const onAbort = (): void => void stream.destroy(abortError(signal as AbortSignal));
  stream.on("error", () => {}); // for whoever reads on; nobody may
  if (signal !== undefined) {
    signal.addEventListener("abort", onAbort, { once: true });
    stream.once("close", () => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  }
  watchBody(stream);
  const watched = watchSilence(stream, answering.requestTimeout);
  const arrived = <T>(chunk: T): T => {
    watched.rest();
    return chunk;
  };
  const failed = (error: unknown): never => {
    watched.rest();
    throw mapped(error);
  };
  return {
    [Symbol.asyncIterator]() {
      const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
      return {
        next() {
          watched.wait();
          return chunks.next().then(arrived, failed);
        },
        async return() {
          stream.destroy();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Ends a stream that stays silent while somebody waits for it. Nobody waits before `wait` and after `rest`; one timer is for all chunks. */
function watchSilence(stream: Readable, milliseconds: number): Record<"wait" | "rest", () => void> {
  let waiting = false;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    timer = undefined;
    if (!waiting) return;
    const message = `no more bytes came for ${milliseconds / 1000} s`;
    stream.destroy(Object.assign(new Error(message), { name: "TimeoutError" }));
  };
  stream.once("close", () => clearTimeout(timer));
  return {
    wait() {
      waiting = true;
      if (timer === undefined) timer = setTimeout(end, milliseconds);
      else timer.refresh();
    },
    rest() {
      waiting = false;
    },
  };
}

function wholeObject(uri: string): GlacierError {
  return new GlacierError("UNSUPPORTED", {
    message: `${uri}: a range was asked for, and the server answered with the whole object`,
    hint: "Glacier reads ranges, which every S3 server has: look at the proxy in front of it, or use another server.",
    context: { uri },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Undefined where the range begins behind the object's last byte. */
async function unlessPastEnd(reading: Promise<ReadResult>): Promise<ReadResult | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isGlacierError(error) && error.context["status"] === 416) return undefined;
    throw error;
  }
}

function matching(etag: string | undefined): { IfMatch?: string } {
  return etag === undefined ? {} : { IfMatch: quotedEtag(etag) };
}

function isUnexplained(error: unknown, seen: boolean): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === 404 ? !seen : status === 301 || status === 307 || status === 400 || status === 403;
}
