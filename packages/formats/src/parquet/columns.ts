import type { CodecContext } from "@glacier/core";
import type { DecodedArray, SchemaTree } from "hyparquet";
import type { RowColumn } from "../columnar/assemble.ts";
import { type CellConverter, cellConverter } from "../columnar/restore.ts";

/** How one column of the file becomes what the schema says. */
export interface ParquetColumn extends RowColumn {
  /** Absent where cells stay as they are. `before` is the number of rows before the first. */
  readonly read: ((data: DecodedArray, before: number) => unknown[]) | undefined;
}

/** The file's columns, in its order. Errors: `DECODE_FAILED` for a name that no row can have or that is there twice. */
export function columnReaders(schema: SchemaTree, context: CodecContext): ParquetColumn[] {
  const declared = new Map(context.columns?.map((column) => [column.name, column]));
  const seen = new Set<string>(["__proto__"]);
  return schema.children.map(({ element, children }) => {
    const { name } = element;
    if (seen.has(name)) throw new Error(`column ${JSON.stringify(name)} is there twice or can't be named so`);
    seen.add(name);
    const column = declared.get(name);
    const isJson = element.converted_type === "JSON" || element.logical_type?.type === "JSON";
    const isInt64 = element.type === "INT64" && children.length === 0;
    const convert = cellConverter(name, column, { isJson, isInt64, isText: element.type === "BYTE_ARRAY" }, context);
    return {
      name,
      omitNull: column?.optional === true && !column.nullable,
      read: convert && ((data, before) => convertAll(data, convert, before)),
    };
  });
}

function convertAll(data: DecodedArray, convert: CellConverter, before: number): unknown[] {
  const cells = new Array(data.length);
  for (let i = 0; i < data.length; i++) cells[i] = convert(data[i], before + i + 1);
  return cells;
}
