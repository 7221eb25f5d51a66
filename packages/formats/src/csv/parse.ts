import type { CodecContext } from "@glacier/core";
import { cut } from "../text.ts";
import { type CellReader, cellReader } from "./cells.ts";
import { type CsvDialect, headerProblem } from "./csv.ts";
import {
  type Block,
  decodeFailed,
  fieldEnd,
  lineEndsAt,
  newline,
  type QuotedField,
  quote,
  readHeader,
  readQuoted,
  tooLarge,
} from "./fields.ts";

/** Turns text into rows, block by block. */
export interface CsvParser {
  /** Number of the line where the next block starts. */
  readonly line: number;
  /** Rows of `text`, and its end that is no whole row yet. Every block but the last ends with a line end. */
  parse(text: string, last: boolean): { rows: unknown[]; unread: string };
}

/** A parser that stands before the first line. */
export function csvParser(context: CodecContext, dialect: CsvDialect): CsvParser {
  const delimiter = dialect.delimiter.charCodeAt(0);
  let layout = dialect.header && layoutOf(dialect.header, context);
  let line = 1;
  let begun = false;
  return {
    get line() {
      return line;
    },
    parse(given, last) {
      const withoutBom = !begun && given.charCodeAt(0) === 0xfeff ? given.slice(1) : given;
      const text = withoutBom.endsWith("\n") || withoutBom === "" ? withoutBom : `${withoutBom}\n`;
      const block: Block = { text, last, at: 0, line };
      const rows: unknown[] = [];
      if (layout === undefined) {
        const names = readHeader(block, delimiter, context);
        const problem = names && headerProblem(names);
        if (problem !== undefined) throw decodeFailed(context, line, problem, "Rename it in the file's header line.");
        layout = names && layoutOf(names, context);
      }
      if (layout !== undefined) readRows(block, layout, rows, context, dialect);
      if (block.at === 0) return { rows, unread: given };
      begun = true;
      line = block.line;
      return { rows, unread: text.slice(block.at) };
    },
  };
}

interface Layout {
  readonly cells: readonly CellReader[];
  /** A row before it is filled: copying one is nearly twice as fast as growing an object key by key. */
  readonly template: Readonly<Record<string, unknown>>;
}

function layoutOf(names: readonly string[], context: CodecContext): Layout {
  const columns = new Map(context.columns?.map((column) => [column.name, column]));
  const cells = names.map((name) => cellReader(name, columns.get(name)));
  const always = cells.filter(({ empty }) => empty !== "absent");
  return { cells, template: Object.fromEntries(always.map(({ name }) => [name, undefined])) };
}

function readRows(block: Block, layout: Layout, rows: unknown[], context: CodecContext, dialect: CsvDialect): void {
  const { text } = block;
  const { cells, template } = layout;
  const delimiter = dialect.delimiter.charCodeAt(0);
  const lastColumn = cells.length - 1;
  const end = text.length;
  // A UTF-16 unit is one to three bytes: most blocks can't hold a row that is too long.
  const measured = end * 3 > dialect.maxRowBytes;
  const field: QuotedField = { text: "", stop: 0, line: 0 };
  let at = block.at;
  while (at < end) {
    if (lastColumn > 0 && lineEndsAt(text, at)) {
      at = text.indexOf("\n", at) + 1;
      block.at = at;
      block.line++;
      continue;
    }
    const row: Record<string, unknown> = { ...template };
    field.line = block.line;
    for (let column = 0; ; column++) {
      const { name, empty, read } = cells[column] as CellReader;
      let stop = at;
      if (text.charCodeAt(at) === quote) {
        if (!readQuoted(block, at, field.line, delimiter, field, context)) return;
        stop = field.stop;
        row[name] = read === undefined ? field.text : read(field.text, 0, field.text.length);
      } else {
        let code = text.charCodeAt(stop);
        while (code !== delimiter && code !== newline) code = text.charCodeAt(++stop);
        const last = code === newline ? fieldEnd(text, at, stop) : stop;
        if (last > at) row[name] = read === undefined ? cut(text, at, last) : read(text, at, last);
        else if (empty !== "absent") row[name] = empty === "null" ? null : "";
      }
      at = stop + 1;
      const ends = text.charCodeAt(stop) === newline;
      if (ends !== (column === lastColumn)) throw ragged(context, block.line, column, cells.length);
      if (ends) break;
    }
    if (measured && isLonger(text, block.at, at, dialect.maxRowBytes)) {
      throw tooLarge(context, block.line, dialect.maxRowBytes);
    }
    rows.push(row);
    block.at = at;
    block.line = field.line + 1;
  }
}

function isLonger(text: string, start: number, end: number, maxBytes: number): boolean {
  if (end - start > maxBytes) return true;
  return (end - start) * 3 > maxBytes && new TextEncoder().encode(text.slice(start, end)).length > maxBytes;
}

function ragged(context: CodecContext, line: number, column: number, expected: number): Error {
  const found = column + 1 < expected ? `${column + 1}` : `more than ${expected}`;
  return decodeFailed(
    context,
    line,
    `the row has ${found} field${found === "1" ? "" : "s"} where the header has ${expected}`,
    "Give every row a field for every column; quote a field that holds the delimiter or a line end.",
  );
}
