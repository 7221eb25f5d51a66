import type { CodecContext, Column } from "@glacier/core";
import { formatError } from "../errors.ts";

/** What a columnar file says of a column. */
export interface StoredAs {
  readonly isJson: boolean;
  readonly isInt64: boolean;
  readonly isText: boolean;
}

/** A cell as it came out of the file, made what the schema says. */
export type CellConverter = (cell: unknown, row: number) => unknown;

/**
 * How the cells of a column change: JSON text is parsed; 64-bit integers become numbers where the schema says so, and
 * numbers bigints. What doesn't fit its column stays as it is, for validation to name. Undefined: nothing changes.
 */
export function cellConverter(
  name: string,
  column: Column | undefined,
  stored: StoredAs,
  context: CodecContext,
): CellConverter | undefined {
  if (stored.isJson) return (cell, row) => (typeof cell === "string" ? parsed(cell, name, row, context) : cell);
  switch (column?.type) {
    case "number":
    case "integer":
      return stored.isInt64
        ? (cell, row) => (typeof cell === "bigint" ? safe(cell, name, row, context) : cell)
        : undefined;
    case "bigint":
      return stored.isInt64 ? undefined : (cell) => (Number.isSafeInteger(cell) ? BigInt(cell as number) : cell);
    case "json":
      return stored.isText ? jsonOrText : undefined;
    default:
      return undefined;
  }
}

function safe(value: bigint, name: string, row: number, context: CodecContext): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw formatError(
    "DECODE_FAILED",
    context,
    { row },
    `column ${JSON.stringify(name)} holds an integer beyond 2^53, which a number can't hold exactly`,
    "Declare the column as a bigint in the dataset's schema (z.bigint()).",
  );
}

function parsed(text: string, name: string, row: number, context: CodecContext): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const hint = "The file says that the column is JSON: write it again.";
    throw formatError("DECODE_FAILED", context, { row }, `column ${JSON.stringify(name)} is not JSON`, hint);
  }
}

function jsonOrText(cell: unknown): unknown {
  if (typeof cell !== "string") return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
