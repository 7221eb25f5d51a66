import type { CodecContext } from "@glacier/core";
import type { Data, Field, Schema } from "apache-arrow";
import type { RowColumn } from "../columnar/assemble.ts";
import { cellConverter } from "../columnar/restore.ts";
import { cut, utf8 } from "../text.ts";

type Arrow = typeof import("apache-arrow");

/** How one column of the stream becomes what the schema says. */
export interface ArrowColumn extends RowColumn {
  /** The cells of one record batch. `before` is the number of rows before it. */
  readonly read: (data: Data | undefined, rows: number, before: number) => unknown[];
}

/** The stream's columns, in its order. Throws an `Error` for a name that no row can have or that is there twice. */
export function columnReaders(arrow: Arrow, schema: Schema, context: CodecContext): ArrowColumn[] {
  const declared = new Map(context.columns?.map((column) => [column.name, column]));
  const seen = new Set<string>(["__proto__"]);
  return schema.fields.map((field) => {
    const { name, type, metadata } = field;
    if (seen.has(name)) throw new Error(`column ${JSON.stringify(name)} is there twice or can't be named so`);
    seen.add(name);
    const column = declared.get(name);
    const stored = {
      isJson: metadata.get("ARROW:extension:name") === "arrow.json",
      isInt64: arrow.DataType.isInt(type) && type.bitWidth === 64,
      isText: arrow.DataType.isUtf8(type) || arrow.DataType.isLargeUtf8(type),
    };
    const convert = cellConverter(name, column, stored, context);
    const raw = rawReader(arrow, field);
    return {
      name,
      omitNull: column?.optional === true && !column.nullable,
      read: (data, rows, before) => {
        if (data === undefined || data.length !== rows) throw new Error(`column ${JSON.stringify(name)} is not whole`);
        const cells = raw(data);
        if (convert !== undefined) {
          for (let i = 0; i < cells.length; i++)
            cells[i] = cells[i] === null ? null : convert(cells[i], before + i + 1);
        }
        return cells;
      },
    };
  });
}

type RawReader = (data: Data) => unknown[];

function rawReader(arrow: Arrow, { type }: Field): RawReader {
  const { DataType } = arrow;
  if (DataType.isUtf8(type)) return texts;
  const values: RawReader = (data) => Array.from(new arrow.Vector([data]), plain);
  if (DataType.isTimestamp(type) || DataType.isDate(type)) {
    return (data) => values(data).map((cell) => (cell === null ? null : new Date(cell as number)));
  }
  return values;
}

/**
 * Arrow's own would drop a BOM at a text's start and let bytes pass that are no UTF-8. A column of ASCII is decoded in
 * one go and cut, which is faster than text by text.
 */
function texts(data: Data): unknown[] {
  const { values, valueOffsets } = data as unknown as { values: Uint8Array; valueOffsets: Int32Array };
  const all = values.subarray(0, valueOffsets[data.length]);
  const ascii = utf8(all);
  const isAscii = ascii.length === all.length;
  const cells: unknown[] = new Array(data.length);
  for (let i = 0; i < cells.length; i++) {
    const [start, end] = [valueOffsets[i] as number, valueOffsets[i + 1] as number];
    if (!(start >= 0 && start <= end && end <= all.length)) throw new Error("a text's bounds are not in its column");
    cells[i] = data.getValid(i) ? (isAscii ? cut(ascii, start, end) : utf8(all.subarray(start, end))) : null;
  }
  return cells;
}

/** Nested values as plain arrays and objects: Arrow's vectors, structs and maps all have `toJSON`. */
function plain(cell: unknown): unknown {
  if (typeof cell !== "object" || cell === null || ArrayBuffer.isView(cell)) return cell ?? null;
  const value: object = "toJSON" in cell && typeof cell.toJSON === "function" ? cell.toJSON() : cell;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
