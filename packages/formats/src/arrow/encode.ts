import type { CodecContext } from "@glacier/core";
import type { Data, DataType } from "apache-arrow";
import { type Chunk, gather } from "../columnar/gather.ts";
import type { Cell, TableColumn } from "../columnar/store.ts";
import type { ArrowSettings } from "./arrow.ts";

type Arrow = typeof import("apache-arrow");

/** Values of a record batch, in bytes. */
const batchBytes = 16 * 1024 * 1024;
/** A stream ends with a continuation marker and a length of 0. */
const endBytes = 8;

/** Rows as an IPC stream; each record batch leaves as soon as it is full. Errors: `ENCODE_FAILED` with the row number. */
export async function* encodeArrow(
  batches: AsyncIterable<unknown[]>,
  context: CodecContext,
  settings: ArrowSettings,
): AsyncGenerator<Uint8Array> {
  const arrow = await import("apache-arrow");
  let end: Uint8Array | undefined;
  let schemaBytes = 0;
  for await (const chunk of gather(batches, context, { maxRows: settings.batchRows, maxBytes: batchBytes })) {
    const schema = schemaOf(arrow, chunk.columns);
    if (end === undefined) {
      const empty = arrow.tableToIPC(new arrow.Table(schema), "stream");
      schemaBytes = empty.length - endBytes;
      end = empty.slice(schemaBytes);
      yield empty.slice(0, schemaBytes);
    }
    if (chunk.rows === 0) continue;
    const children = chunk.columns.map((column, i) => dataOf(arrow, column, chunk.cells[i] ?? []));
    const struct = arrow.makeData({
      type: new arrow.Struct(schema.fields),
      length: chunk.rows,
      nullCount: 0,
      children,
    });
    // A whole stream, of which only the record batch is new.
    const whole = arrow.tableToIPC(new arrow.Table([new arrow.RecordBatch(schema, struct)]), "stream");
    yield whole.slice(schemaBytes, -endBytes);
  }
  if (end !== undefined) yield end;
}

function schemaOf(arrow: Arrow, columns: Chunk["columns"]): InstanceType<Arrow["Schema"]> {
  return new arrow.Schema(
    columns.map(({ name, type, nullable }) => {
      // https://arrow.apache.org/docs/format/CanonicalExtensions.html#json
      const metadata = new Map(type === "json" ? [["ARROW:extension:name", "arrow.json"]] : []);
      return new arrow.Field(name, typeOf(arrow, type), nullable, metadata);
    }),
  );
}

function typeOf(arrow: Arrow, type: TableColumn["type"]): DataType {
  switch (type) {
    case "number":
      return new arrow.Float64();
    case "integer":
    case "bigint":
      return new arrow.Int64();
    case "boolean":
      return new arrow.Bool();
    case "date":
      return new arrow.TimestampMillisecond("UTC");
    default:
      return new arrow.Utf8();
  }
}

/** A column's buffers: https://arrow.apache.org/docs/format/Columnar.html */
function dataOf(arrow: Arrow, { type }: TableColumn, cells: readonly Cell[]): Data {
  const { length } = cells;
  const nullCount = cells.reduce((count: number, cell) => (cell === null ? count + 1 : count), 0);
  const nullBitmap = nullCount === 0 ? undefined : bitmapOf(cells, (cell) => cell !== null);
  const shared = { length, nullCount, nullBitmap };
  switch (type) {
    case "number":
      return arrow.makeData({ ...shared, type: new arrow.Float64(), data: Float64Array.from(cells as number[]) });
    case "integer":
    case "bigint": {
      const data = BigInt64Array.from(cells, (cell) => (cell as bigint | null) ?? 0n);
      return arrow.makeData({ ...shared, type: new arrow.Int64(), data });
    }
    case "boolean": {
      const data = bitmapOf(cells, (cell) => cell === true);
      return arrow.makeData({ ...shared, type: new arrow.Bool(), data });
    }
    case "date": {
      const data = BigInt64Array.from(cells, (cell) => BigInt((cell as Date | null)?.getTime() ?? 0));
      return arrow.makeData({ ...shared, type: new arrow.TimestampMillisecond("UTC"), data });
    }
    default: {
      const { data, valueOffsets } = textOf(cells as readonly (string | null)[]);
      return arrow.makeData({ ...shared, type: new arrow.Utf8(), data, valueOffsets });
    }
  }
}

function bitmapOf(cells: readonly Cell[], isSet: (cell: Cell) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(cells.length / 8));
  for (const [i, cell] of cells.entries()) {
    if (isSet(cell)) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  }
  return bits;
}

function textOf(cells: readonly (string | null)[]): { data: Uint8Array; valueOffsets: Int32Array } {
  const encoder = new TextEncoder();
  const valueOffsets = new Int32Array(cells.length + 1);
  let data = new Uint8Array(cells.reduce((total, cell) => total + (cell?.length ?? 0), 0) + 1024);
  let end = 0;
  for (const [i, cell] of cells.entries()) {
    if (cell !== null) {
      // A UTF-16 unit is three bytes at most.
      if (data.length - end < cell.length * 3) data = grown(data, end + cell.length * 3);
      end += encoder.encodeInto(cell, data.subarray(end)).written;
    }
    valueOffsets[i + 1] = end;
  }
  return { data: data.subarray(0, end), valueOffsets };
}

function grown(bytes: Uint8Array, atLeast: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(atLeast, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
