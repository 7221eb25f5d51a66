import { type ByteSource, type CodecContext, untilAborted } from "@glacier/core";
import type { RecordBatch } from "apache-arrow";
import { rowAssembler } from "../columnar/assemble.ts";
import { decodeFailure, type SourceFailure, watched } from "../errors.ts";
import type { ArrowSettings } from "./arrow.ts";
import { type ArrowColumn, columnReaders } from "./columns.ts";
import { checkFooter, headerTypes } from "./header.ts";
import { type ByteReader, byteReader, endOfStream, joined, type Message, readMessage } from "./messages.ts";

/** Rows given out at a time. */
const batchRows = 4096;
/** Start and end of the file format. */
const magic = "ARROW1";

/**
 * Rows of an Arrow IPC stream or file, one record batch in memory at a time.
 * Errors: `DECODE_FAILED` for what is no whole stream or file, and for a number that has lost digits.
 */
export async function* decodeArrow(
  source: ByteSource,
  context: CodecContext,
  settings: ArrowSettings,
): AsyncGenerator<unknown[]> {
  const failure: SourceFailure = {};
  const bytes = byteReader(watched(untilAborted(source.stream(), context.signal), failure));
  try {
    const arrow = await import("apache-arrow");
    const reader = await arrow.RecordBatchReader.from(wholeMessages(bytes, settings.maxBufferBytes));
    const { schema } = await reader.open({ autoDestroy: false });
    yield* readRows(reader, columnReaders(arrow, schema, context));
  } catch (error) {
    throw decodeFailure(error, "Arrow", context, failure);
  } finally {
    await bytes.close();
  }
}

async function* readRows(
  reader: AsyncIterable<RecordBatch>,
  columns: readonly ArrowColumn[],
): AsyncGenerator<unknown[]> {
  const assemble = rowAssembler(columns);
  let done = 0;
  for await (const batch of reader) {
    const cells = columns.map(({ read }, i) => read(batch.data.children[i], batch.numRows, done));
    for (let row = 0; row < batch.numRows; row += batchRows) {
      yield assemble(cells, row, Math.min(row + batchRows, batch.numRows));
    }
    done += batch.numRows;
  }
}

/**
 * The stream, checked to be whole, message by message: what Arrow's own reader does with a cut-off one is anyone's guess.
 * A file is a stream between two magic words; one whose schema stands only at its end (Arrow's JavaScript writes such)
 * is kept in memory.
 */
async function* wholeMessages(reader: ByteReader, maxBytes: number): AsyncGenerator<Uint8Array> {
  const head = await reader.take(8);
  const isFile = new TextDecoder().decode(head.subarray(0, 6)) === magic;
  let message = await readMessage(reader, maxBytes, isFile ? undefined : head);
  if (isFile && message?.type !== headerTypes.schema) {
    yield wholeFile(reader, maxBytes, head, message);
    return;
  }
  for (; message !== undefined; message = await readMessage(reader, maxBytes)) yield message.bytes;
  const tail = await reader.take(maxBytes);
  if (isFile) checkEnd(tail);
  else if (tail.length > 0) throw new Error("something follows its end");
  yield endOfStream;
}

/** A file of at most `maxBytes`, checked to be whole. */
async function wholeFile(
  reader: ByteReader,
  maxBytes: number,
  head: Uint8Array,
  first: Message | undefined,
): Promise<Uint8Array> {
  const parts = [head];
  const offsets = new Set<bigint>();
  let length = head.length;
  for (let message = first; message !== undefined; message = await readMessage(reader, maxBytes)) {
    offsets.add(BigInt(length));
    parts.push(message.bytes);
    length += message.bytes.length;
    if (length > maxBytes) throw new Error(`its schema stands at its end, and it is larger than ${maxBytes} bytes`);
  }
  const tail = await reader.take(maxBytes);
  checkEnd(tail);
  const footerLength = new DataView(tail.buffer, tail.byteOffset).getInt32(tail.length - 10, true);
  checkFooter(tail.subarray(tail.length - 10 - footerLength, -10), offsets);
  parts.push(endOfStream, tail);
  return joined(parts, length + endOfStream.length + tail.length);
}

function checkEnd(tail: Uint8Array): void {
  if (new TextDecoder().decode(tail.subarray(-6)) !== magic) throw new Error("it ends too early");
}
