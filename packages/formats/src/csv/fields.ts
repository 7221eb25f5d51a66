import type { CodecContext } from "@glacier/core";
import { formatError } from "../errors.ts";
import { cut } from "../text.ts";

export const newline = 0x0a;
export const quote = 0x22;
const carriageReturn = 0x0d;

/** Text being read; it ends with a line end. */
export interface Block {
  readonly text: string;
  /** Whether nothing comes after it. */
  readonly last: boolean;
  /** Where the next row starts, … */
  at: number;
  /** … and the number of its line. */
  line: number;
}

/** A quoted field: its text, where its delimiter or line end stands, and the line that it ends on. */
export interface QuotedField {
  text: string;
  stop: number;
  line: number;
}

/**
 * Reads the quoted field that opens at `start` on `line` into `field`. False: the block ends before the field does.
 * Errors: `DECODE_FAILED` for text after the closing quote and for a quote that nothing closes.
 */
export function readQuoted(
  block: Block,
  start: number,
  line: number,
  delimiter: number,
  field: QuotedField,
  context: CodecContext,
): boolean {
  const { text } = block;
  let escaped = false;
  let close = text.indexOf('"', start + 1);
  while (close !== -1 && text.charCodeAt(close + 1) === quote) {
    escaped = true;
    close = text.indexOf('"', close + 2);
  }
  if (close === -1) {
    if (!block.last) return false;
    throw decodeFailed(context, line, "a quoted field is never closed", "Close the quote that opens on this line.");
  }
  const inner = cut(text, start + 1, close);
  const stop = lineEndsAt(text, close + 1) ? text.indexOf("\n", close) : close + 1;
  field.text = escaped ? inner.replaceAll('""', '"') : inner;
  field.stop = stop;
  field.line = line;
  for (let end = inner.indexOf("\n"); end !== -1; end = inner.indexOf("\n", end + 1)) field.line++;
  const after = text.charCodeAt(stop);
  if (after === delimiter || after === newline) return true;
  throw decodeFailed(
    context,
    field.line,
    "there is text after a closing quote",
    'Write a quote inside a quoted field twice: "".',
  );
}

/** Whether a line ends at `at`: LF or CRLF. */
export function lineEndsAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === newline || (code === carriageReturn && text.charCodeAt(at + 1) === newline);
}

/** Where the unquoted field from `start` ends whose delimiter or line end stands at `stop`: without the CR of a CRLF. */
export function fieldEnd(text: string, start: number, stop: number): number {
  return stop > start && text.charCodeAt(stop - 1) === carriageReturn && text.charCodeAt(stop) === newline
    ? stop - 1
    : stop;
}

/** The next row that is not blank, as text. Undefined: the block ends before it does. */
export function readHeader(block: Block, delimiter: number, context: CodecContext): string[] | undefined {
  const { text } = block;
  let { at, line } = block;
  while (at < text.length && lineEndsAt(text, at)) {
    at = text.indexOf("\n", at) + 1;
    line++;
  }
  const names: string[] = [];
  const field: QuotedField = { text: "", stop: 0, line };
  while (at < text.length) {
    let stop = at;
    if (text.charCodeAt(at) === quote) {
      if (!readQuoted(block, at, field.line, delimiter, field, context)) return undefined;
      stop = field.stop;
      names.push(field.text);
    } else {
      while (text.charCodeAt(stop) !== delimiter && text.charCodeAt(stop) !== newline) stop++;
      names.push(text.slice(at, fieldEnd(text, at, stop)));
    }
    at = stop + 1;
    if (text.charCodeAt(stop) === newline) {
      block.at = at;
      block.line = field.line + 1;
      return names;
    }
  }
  return undefined;
}

/** The `DECODE_FAILED` of a line. */
export function decodeFailed(context: CodecContext, line: number, message: string, hint: string): Error {
  return formatError("DECODE_FAILED", context, { line }, message, hint);
}

/** The `ROW_TOO_LARGE` of the row that starts on `line`. */
export function tooLarge(context: CodecContext, line: number, maxRowBytes: number): Error {
  return formatError(
    "ROW_TOO_LARGE",
    context,
    { line },
    `the row is longer than ${maxRowBytes} bytes`,
    "Check that the file has line ends and closes its quotes; for larger rows raise csv({ maxRowBytes }).",
  );
}
