import type { CodecContext, ColumnType } from "@glacier/core";
import { formatError } from "../errors.ts";
import { jsonText } from "../json.ts";

/** A column of a columnar file. `json` holds anything, as JSON text. */
export interface TableColumn {
  readonly name: string;
  readonly type: Exclude<ColumnType, "unknown">;
  /** Whether it may hold `null` or nothing. */
  readonly nullable: boolean;
}

/** What a column stores: integers as bigint, `json` as its text, missing as `null`. */
export type Cell = string | number | bigint | boolean | Date | null;

/** What a column stores of a value. Errors: `ENCODE_FAILED` for what it can't hold. */
export function cellOf(column: TableColumn, value: unknown, row: number, context: CodecContext): Cell {
  if (value === null || value === undefined) {
    if (column.nullable) return null;
    throw mismatch(column, value, row, context);
  }
  switch (column.type) {
    case "string":
      if (typeof value === "string" && value.isWellFormed()) return value;
      break;
    case "number":
      if (typeof value === "number") return value;
      break;
    case "integer":
      if (Number.isSafeInteger(value)) return BigInt(value as number);
      break;
    case "bigint":
      if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value;
      break;
    case "boolean":
      if (typeof value === "boolean") return value;
      break;
    case "date":
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
      break;
    case "json":
      return jsonText(column.name, value, row, context);
  }
  throw mismatch(column, value, row, context);
}

/** The `ENCODE_FAILED` of a value that its column can't hold. */
export function mismatch(
  column: Pick<TableColumn, "name" | "type">,
  value: unknown,
  row: number,
  context: CodecContext,
): Error {
  return formatError(
    "ENCODE_FAILED",
    context,
    { row },
    `column ${JSON.stringify(column.name)} holds ${article[column.type]}, not ${found(value)}`,
    context.columns === undefined
      ? "Give the dataset a schema; without one, its first 1,000 rows decide what each column holds."
      : "Correct the row, or the column in the dataset's schema.",
  );
}

const article: Readonly<Record<TableColumn["type"], string>> = {
  string: "strings",
  number: "numbers",
  integer: "whole numbers up to 2^53",
  bigint: "bigints of 64 bits",
  boolean: "booleans",
  date: "dates",
  json: "nested values",
};

function found(value: unknown): string {
  if (value === null || value === undefined) return value === null ? "null" : "a missing value";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a date";
  if (typeof value === "string") return value.isWellFormed() ? "a string" : "half a surrogate pair";
  if (typeof value === "bigint") return "this bigint";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `this ${typeof value}`;
}
