import { GlacierError, isGlacierError } from "../errors/index.ts";
import { untilAborted } from "../stream/abort.ts";
import { toReadableStream } from "../stream/readable.ts";
import type { ByteSource, CodecContext, RowsFormat, ValueFormat } from "./format.ts";

/** Options of text-like formats. */
export interface Compression {
  /** Gzip the file; its extension becomes `….gz`. */
  readonly compression?: "gzip";
}

/** `format`, compressed where the options say so. Errors: `OPTION_INVALID`. */
export function compressed<F extends RowsFormat | ValueFormat>(format: F, options: Compression): F {
  if (options.compression === undefined) return format;
  if (options.compression !== "gzip") {
    throw new GlacierError("OPTION_INVALID", {
      message: `${format.name}: compression ${JSON.stringify(options.compression)} is unknown`,
      hint: 'Use "gzip", or leave it out.',
    });
  }
  return withGzip(format);
}

/** The same format with its bytes gzipped. Errors: `DECODE_FAILED` for what is no whole gzip stream. */
export function withGzip<F extends RowsFormat | ValueFormat>(format: F): F {
  const wrapped = {
    ...format,
    extension: `${format.extension}.gz`,
    contentType: "application/gzip",
    options: { ...format.options, compression: "gzip" },
    decode: (source: ByteSource, context: CodecContext) =>
      format.decode({ stream: () => gunzip(source.stream(), context) }, context),
    encode: (content: never, context: CodecContext) => gzip(format.encode(content, context)),
  };
  return wrapped as unknown as F;
}

async function* gzip(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const watched = watch(plain);
  try {
    yield* through(watched.stream, new CompressionStream("gzip"));
  } catch (error) {
    throw watched.failure?.error ?? error;
  }
}

async function* gunzip(packed: AsyncIterable<Uint8Array>, context: CodecContext): AsyncGenerator<Uint8Array> {
  const watched = watch(untilAborted(packed, context.signal));
  try {
    yield* through(watched.stream, new DecompressionStream("gzip"));
  } catch (error) {
    if (watched.failure !== undefined) throw watched.failure.error;
    if (isGlacierError(error)) throw error;
    throw new GlacierError("DECODE_FAILED", {
      message: `dataset "${context.dataset}" is not a whole gzip stream`,
      hint: "The file is cut off, damaged or not compressed: write it again, or drop compression from the format.",
      cause: error,
      context: { dataset: context.dataset },
    });
  }
}

function through(
  stream: AsyncIterable<Uint8Array>,
  transform: CompressionStream | DecompressionStream,
): AsyncIterable<Uint8Array> {
  return toReadableStream(stream).pipeThrough(transform);
}

/** The stream, and the error it ended with: what a pipe throws may be another one. */
function watch(stream: AsyncIterable<Uint8Array>): { stream: AsyncIterable<Uint8Array>; failure?: { error: unknown } } {
  const watched: { stream: AsyncIterable<Uint8Array>; failure?: { error: unknown } } = { stream: pass() };
  async function* pass(): AsyncGenerator<Uint8Array> {
    try {
      yield* stream;
    } catch (error) {
      watched.failure = { error };
      throw error;
    }
  }
  return watched;
}
