import { type ByteSource, type CodecContext, untilAborted } from "@glacier/core";
import type { AsyncBuffer } from "hyparquet";
import { formatError, type SourceFailure, watched } from "../errors.ts";

/**
 * The source as hyparquet reads it: by ranges where there are any, else kept in memory.
 * Errors: `DECODE_FAILED` for a source that can only be streamed and is larger than `maxBytes`; what the source throws.
 */
export async function bufferOf(
  source: ByteSource,
  context: CodecContext,
  maxBytes: number,
  failure: SourceFailure,
): Promise<AsyncBuffer> {
  const { size } = source;
  if (source.range === undefined || size === undefined) return inMemory(source, context, maxBytes, failure);
  const range = source.range.bind(source);
  return {
    byteLength: size,
    async slice(start, end = size) {
      // An offset that a damaged file made up must not reach the source.
      if (!(start >= 0 && start <= end && end <= size)) throw new Error("it points outside of itself");
      try {
        context.signal?.throwIfAborted();
        return arrayBufferOf(await range(start, end));
      } catch (error) {
        failure.thrown ??= { error };
        throw error;
      }
    },
  };
}

async function inMemory(
  source: ByteSource,
  context: CodecContext,
  maxBytes: number,
  failure: SourceFailure,
): Promise<AsyncBuffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of watched(untilAborted(source.stream(), context.signal), failure)) {
    length += chunk.length;
    if (length > maxBytes) {
      throw formatError(
        "DECODE_FAILED",
        context,
        {},
        `larger than ${maxBytes} bytes, and its storage can't read from the middle of a file, which parquet needs`,
        "Keep the dataset on a storage with ranges, or raise parquet({ maxBufferBytes }).",
      );
    }
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return { byteLength: length, slice: (start, end) => whole.buffer.slice(start, end) };
}

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength
    ? buffer
    : new Uint8Array(bytes).buffer;
}
