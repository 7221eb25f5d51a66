import type { Column, ColumnType } from "@glacier/core";
import { cut } from "../text.ts";

/** What an empty, unquoted field becomes: `null`, `""`, or no key at all. */
export type Empty = "null" | "text" | "absent";

/** How the fields of one column are read. */
export interface CellReader {
  readonly name: string;
  readonly empty: Empty;
  /** The value of `text` from `start` to `end`; the text itself where it doesn't fit. Absent for text columns. */
  readonly read: ((text: string, start: number, end: number) => unknown) | undefined;
}

/** The reader of a column; without `column` its fields are strings. */
export function cellReader(name: string, column: Column | undefined): CellReader {
  return {
    name,
    empty: column?.nullable === true ? "null" : column?.optional === true ? "absent" : "text",
    read: column === undefined ? undefined : readers[column.type],
  };
}

const readers: Readonly<Record<ColumnType, CellReader["read"]>> = {
  string: undefined,
  unknown: undefined,
  number: (text, start, end) => readNumber(text, start, end, false),
  integer: (text, start, end) => readNumber(text, start, end, true),
  bigint: (text, start, end) => readBigInt(cut(text, start, end)),
  boolean: (text, start, end) => readBoolean(cut(text, start, end)),
  date: (text, start, end) => readDate(cut(text, start, end)),
  json: (text, start, end) => readJson(cut(text, start, end)),
};

const powersOfTen = Array.from({ length: 16 }, (_, i) => 10 ** i);

/**
 * Up to 15 digits are an exact double, and so is a power of ten up to 22: their quotient is rounded once, which makes
 * it the number that `Number(…)` gives, without the substring.
 */
function readNumber(text: string, start: number, end: number, whole: boolean): unknown {
  const negative = text.charCodeAt(start) === 0x2d;
  const first = negative ? start + 1 : start;
  if (end - first > 16 || end === first) return readLongNumber(cut(text, start, end), whole);
  let digits = 0;
  let value = 0;
  let decimals = -1;
  for (let i = first; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      value = value * 10 + (code - 0x30);
      digits++;
    } else if (code === 0x2e && decimals === -1) decimals = end - i - 1;
    else return readLongNumber(cut(text, start, end), whole);
  }
  if (digits === 0 || digits > 15) return readLongNumber(cut(text, start, end), whole);
  if (decimals > 0) value /= powersOfTen[decimals] as number;
  if (whole && !Number.isInteger(value)) return cut(text, start, end);
  return negative ? -value : value;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readLongNumber(text: string, whole: boolean): unknown {
  if (text === "NaN" || text === "Infinity" || text === "-Infinity") return whole ? text : Number(text);
  if (!decimal.test(text)) return text;
  const value = Number(text);
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) return text;
  // An id of twenty digits must not turn into another one.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(text) && String(value) !== text
    ? text
    : value;
}

function readBigInt(text: string): unknown {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.startsWith("+") ? text.slice(1) : text) : text;
}

function readBoolean(text: string): unknown {
  return text === "true" ? true : text === "false" ? false : text;
}

const isoDate = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** ISO 8601, without an offset in UTC, so that the reader's time zone makes no difference; finer than 1 ms is cut. */
function readDate(text: string): unknown {
  const match = isoDate.exec(text);
  if (match === null) return text;
  const [, year, month, day, time = "00:00", seconds = ":00", fraction = ".000", offset = "Z"] = match;
  const midnight = new Date(`${year}-${month}-${day}T00:00:00.000Z`);
  // Engines take 30 February for 1 March.
  if (midnight.getUTCDate() !== Number(day)) return text;
  const zone = offset === "Z" || offset.includes(":") ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  const date = new Date(`${year}-${month}-${day}T${time}${seconds}${fraction.slice(0, 4).padEnd(4, "0")}${zone}`);
  return Number.isNaN(date.getTime()) ? text : date;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
