import type { OpenedDataset } from "@glacier/core/inspect";
import { harmless } from "../text/harmless.ts";
import { fit } from "../text/line.ts";
import type { Style } from "../text/style.ts";
import { table } from "../text/table.ts";
import { count } from "../text/units.ts";

/** How much of a dataset is shown, and where. */
export interface PreviewView {
  /** Rows, or lines of a value. */
  readonly limit: number;
  readonly style: Style;
  readonly width: number;
}

/** The beginning of a dataset's content: a table of rows, a value, or the first bytes. Reads no more than it shows. */
export async function previewLines(opened: OpenedDataset, view: PreviewView): Promise<string[]> {
  switch (opened.dataset.shape) {
    case "rows": {
      const { rows, more } = await readRows(opened, view.limit);
      return rowsLines(rows, more ? (opened.current ? opened.manifest?.rows : undefined) : rows.length, view);
    }
    case "value": {
      const value = await opened.value();
      if (Array.isArray(value) && value.length > 0 && value.every(isRecord))
        return rowsLines(value.slice(0, view.limit), value.length, view);
      return valueLines(value, view);
    }
    default:
      return bytesLines(opened, view);
  }
}

/** The first rows, and whether there are more. */
export async function readRows(opened: OpenedDataset, limit: number): Promise<{ rows: unknown[]; more: boolean }> {
  const rows: unknown[] = [];
  for await (const row of opened.rows()) {
    if (rows.length === limit) return { rows, more: true };
    rows.push(row);
  }
  return { rows, more: false };
}

/** No cell is wider, on no terminal and in no pipe. */
const widestCell = 80;

/** `total` undefined: there are more, nobody knows how many. */
function rowsLines(rows: readonly unknown[], total: number | undefined, { style, width }: PreviewView): string[] {
  if (rows.length === 0) return [style.dim("no rows")];
  const names = [...new Set(rows.flatMap((row) => (isRecord(row) ? Object.keys(row) : ["value"])))];
  const columns = names.map((title) => ({
    title,
    align: rows.every((row) => isNumeric(cellOf(row, title))) ? ("right" as const) : ("left" as const),
  }));
  const cells = rows.map((row) => names.map((name) => fit(cellText(cellOf(row, name)), widestCell)));
  const left =
    total === undefined
      ? "more rows follow"
      : total > rows.length
        ? `${count(total - rows.length, "more row")}`
        : undefined;
  return [...table(columns, cells, style, width), ...(left === undefined ? [] : [style.dim(left)])];
}

function valueLines(value: unknown, { limit, style, width }: PreviewView): string[] {
  const text =
    typeof value === "string"
      ? value
      : (JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner), 2) ??
        String(value));
  const lines = text.split("\n");
  const room = Math.max(limit, 20);
  const shown = lines.slice(0, room).map((line) => fit(harmless(line), width));
  return lines.length > room ? [...shown, style.dim(count(lines.length - room, "more line"))] : shown;
}

/** The first 128 bytes as hex and text. */
async function bytesLines(opened: OpenedDataset, { style }: PreviewView): Promise<string[]> {
  let head = new Uint8Array();
  for await (const chunk of opened.bytes()) {
    head = Uint8Array.from([...head, ...chunk.subarray(0, 128 - head.length)]);
    if (head.length >= 128) break;
  }
  const lines: string[] = [];
  for (let at = 0; at < head.length; at += 16) {
    const part = [...head.subarray(at, at + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${style.dim(at.toString(16).padStart(4, "0"))}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.length === 0 ? [style.dim("no bytes")] : lines;
}

function cellOf(row: unknown, name: string): unknown {
  return isRecord(row) ? row[name] : row;
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  if (value === null) return "null";
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString().replace(/T00:00:00\.000Z$/, "");
  if (typeof value === "object")
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner));
  return String(value);
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || value === null || value === undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
