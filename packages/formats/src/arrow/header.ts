import { damaged, rootTable, type Table } from "./flatbuffer.ts";

/** What comes in a message. Numbers as in Message.fbs. */
export const headerTypes = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;

/**
 * Type and body length of a message, all of its lengths checked against its bytes.
 * Slots are fields in their order: https://github.com/apache/arrow/blob/main/format/Message.fbs and Schema.fbs.
 */
export function readHeader(metadata: Uint8Array): { type: number; bodyLength: number } {
  const message = rootTable(metadata);
  const [type, header, bodyLength] = [message.uint8(1), message.table(2), message.int64(3)];
  if (header === undefined || bodyLength < 0n || bodyLength > Number.MAX_SAFE_INTEGER) throw damaged();
  const body = Number(bodyLength);
  checkMetadata(message, 4);
  if (type === headerTypes.schema) checkSchema(header);
  else if (type === headerTypes.recordBatch) checkRecordBatch(header, metadata, body);
  else if (type === headerTypes.dictionaryBatch) {
    const data = header.table(1);
    if (data === undefined) throw damaged();
    checkRecordBatch(data, metadata, body);
  } else throw damaged();
  return { type, bodyLength: body };
}

function checkSchema(schema: Table): void {
  for (const field of schema.tables(1)) checkField(field);
  checkMetadata(schema, 2);
  schema.vector(3, 8);
}

function checkField(field: Table): void {
  field.vector(0, 1);
  if (field.table(3) === undefined) throw damaged();
  field.table(4)?.table(1);
  for (const child of field.tables(5)) checkField(child);
  checkMetadata(field, 6);
}

function checkMetadata(table: Table, slot: number): void {
  for (const pair of table.tables(slot)) {
    pair.vector(0, 1);
    pair.vector(1, 1);
  }
}

/** A column of nothing but nulls has no bytes; of any other, a bit is the least that a row takes. */
const rowsWithoutBytes = 1_048_576;

function checkRecordBatch(batch: Table, metadata: Uint8Array, bodyLength: number): void {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  const most = BigInt(Math.max(bodyLength * 8, rowsWithoutBytes));
  const inRange = (value: bigint, max: bigint): void => {
    if (value < 0n || value > max) throw damaged();
  };
  inRange(batch.int64(0), most);
  const nodes = batch.vector(1, 16);
  for (let i = 0, at = nodes.at; i < nodes.length; i++, at += 16) {
    const length = view.getBigInt64(at, true);
    inRange(length, most);
    inRange(view.getBigInt64(at + 8, true), length);
  }
  const buffers = batch.vector(2, 16);
  for (let i = 0, at = buffers.at; i < buffers.length; i++, at += 16) {
    const offset = view.getBigInt64(at, true);
    inRange(offset, BigInt(bodyLength));
    inRange(view.getBigInt64(at + 8, true), BigInt(bodyLength) - offset);
  }
  if (batch.table(3) !== undefined) throw new Error("its record batches are compressed, which is not supported");
  batch.vector(4, 8);
}

/** Checks a file's footer, which must point at `messages`: https://github.com/apache/arrow/blob/main/format/File.fbs */
export function checkFooter(footer: Uint8Array, messages: ReadonlySet<bigint>): void {
  const root = rootTable(footer);
  const schema = root.table(1);
  if (schema === undefined) throw damaged();
  checkSchema(schema);
  checkMetadata(root, 4);
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  for (const slot of [2, 3]) {
    const blocks = root.vector(slot, 24);
    for (let i = 0; i < blocks.length; i++) {
      if (!messages.has(view.getBigInt64(blocks.at + 24 * i, true))) throw damaged();
    }
  }
}
