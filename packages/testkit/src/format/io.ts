import type { ByteSource, CodecContext, RowsFormat, ValueFormat } from "@glacier/core";

/** Where errors say that they are. */
export const dataset = "kit_dataset";

/** A source in chunks that end at these places, counting what was asked of it. */
export interface Source extends ByteSource {
  /** Bytes given out so far. */
  pulled: number;
  /** Streams that are open. */
  open: number;
}

/** `bytes` as a stream, cut at `cuts`; with `ranges` also from anywhere. */
export function sourceOf(bytes: Uint8Array, cuts: readonly number[] = [], ranges = false): Source {
  const places = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  const source: Source = {
    pulled: 0,
    open: 0,
    size: bytes.length,
    async *stream() {
      source.open++;
      try {
        for (let i = 0; i + 1 < places.length; i++) {
          const chunk = bytes.slice(places[i], places[i + 1]);
          source.pulled += chunk.length;
          yield chunk;
        }
      } finally {
        source.open--;
      }
    },
    ...(ranges && {
      async range(start: number, end: number) {
        source.pulled += end - start;
        return bytes.slice(start, end);
      },
    }),
  };
  return source;
}

/** Cuts every `length` bytes. */
export function cutsEvery(length: number, total: number): number[] {
  return Array.from({ length: Math.ceil(total / length) }, (_, i) => i * length);
}

/** Rows in batches of these lengths, by turns. */
export async function* batchesOf(rows: Iterable<unknown>, lengths: readonly number[] = [3]): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  let turn = 0;
  for (const row of rows) {
    batch.push(row);
    if (batch.length < (lengths[turn % lengths.length] ?? 1)) continue;
    yield batch;
    batch = [];
    turn++;
  }
  if (batch.length > 0) yield batch;
}

/** All bytes of a stream in one. */
export async function joined(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return new Uint8Array(Buffer.concat(all));
}

/** All rows of a file. Throws where there are more than `atMost`, so that a decoder that never ends is found out. */
export async function rowsIn(
  format: RowsFormat,
  source: ByteSource,
  context: CodecContext,
  atMost: number = Number.POSITIVE_INFINITY,
): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const batch of format.decode(source, context)) {
    for (const row of batch) rows.push(row);
    if (rows.length > atMost) throw new Error(`it gives more than ${atMost} rows`);
  }
  return rows;
}

/** A content's bytes and what they decode to: what rows and values have in common. */
export interface Codec {
  encode(content: unknown, context?: Partial<CodecContext>): Promise<Uint8Array>;
  decode(source: ByteSource, context?: Partial<CodecContext>): Promise<unknown>;
}

/** The codec of a rows format, for arrays of rows. */
export function rowsCodec(format: RowsFormat, context: CodecContext): Codec {
  return {
    encode: (rows, more) => joined(format.encode(batchesOf(rows as unknown[]), { ...context, ...more })),
    // A damaged file may spell more rows than were written, but none of these sizes spells so many.
    decode: (source, more) => rowsIn(format, source, { ...context, ...more }, 10_000_000),
  };
}

/** The codec of a value format. */
export function valueCodec(format: ValueFormat, context: CodecContext): Codec {
  return {
    encode: (value, more) => joined(format.encode(value, { ...context, ...more })),
    decode: (source, more) => format.decode(source, { ...context, ...more }),
  };
}
