import { damaged } from "./flatbuffer.ts";
import { readHeader } from "./header.ts";

/** Bytes read so far and not yet taken, of a stream that is taken piece by piece. */
export interface ByteReader {
  /** The next `length` bytes; fewer only where the stream ends. */
  take(length: number): Promise<Uint8Array>;
}

/** One message of an IPC stream, whole. */
export interface Message {
  readonly bytes: Uint8Array;
  /** One of `headerTypes`. */
  readonly type: number;
}

/** What ends a stream: a continuation marker and a length of 0. */
export const endOfStream: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** A reader of `stream`. */
export function byteReader(stream: AsyncIterable<Uint8Array>): ByteReader & { close(): Promise<void> } {
  const iterator = stream[Symbol.asyncIterator]();
  let current: Uint8Array = new Uint8Array(0);
  let ended = false;
  return {
    async take(length) {
      const parts: Uint8Array[] = [];
      let missing = length;
      while (missing > 0) {
        if (current.length === 0) {
          const next = ended ? undefined : await iterator.next();
          ended = next === undefined || next.done === true;
          if (next === undefined || next.done === true) break;
          current = next.value;
          continue;
        }
        const part = current.subarray(0, missing);
        parts.push(part);
        missing -= part.length;
        current = current.subarray(part.length);
      }
      return joined(parts, length - missing);
    },
    async close() {
      if (!ended) await iterator.return?.();
    },
  };
}

/**
 * The next message, or undefined at the end of the stream, which has a marker: a stream without is cut off. `head` is
 * what was read of it already.
 * Throws an `Error` for anything that is no whole message of at most `maxBytes`.
 * https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
 */
export async function readMessage(
  reader: ByteReader,
  maxBytes: number,
  head?: Uint8Array,
): Promise<Message | undefined> {
  const prefix = head ?? (await reader.take(8));
  if (prefix.length < 8) throw new Error("it ends too early");
  const prefixView = viewOf(prefix);
  const metadataLength = prefixView.getInt32(4, true);
  if (prefixView.getInt32(0, true) !== -1 || metadataLength < 0) throw damaged();
  if (metadataLength === 0) return undefined;
  if (metadataLength > maxBytes) throw new Error(`a message is larger than ${maxBytes} bytes`);
  const metadata = await reader.take(metadataLength);
  if (metadata.length < metadataLength) throw new Error("it ends too early");
  const { type, bodyLength } = readHeader(metadata);
  if (bodyLength > maxBytes) throw new Error(`a record batch is larger than ${maxBytes} bytes`);
  const body = await reader.take(bodyLength);
  if (body.length < bodyLength) throw new Error("it ends too early");
  return { bytes: joined([prefix, metadata, body], 8 + metadataLength + bodyLength), type };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The parts in one, always a copy: a body must start at a multiple of 8 bytes. */
export function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
