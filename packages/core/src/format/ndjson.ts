import { GlacierError } from "../errors/index.ts";
import { untilAborted } from "../stream/abort.ts";
import { concat } from "../stream/bytes.ts";
import type { CodecContext, RowsFormat } from "./format.ts";
import { type Compression, compressed } from "./gzip.ts";
import { stringify } from "./json.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Options of {@link ndjson}. */
export interface NdjsonOptions extends Compression {
  /** Bytes that one line may have. Default 64 MiB. */
  readonly maxRowBytes?: number;
}

const newline = 0x0a;
const defaultMaxRowBytes = 64 * 1024 * 1024;
const chunkLength = 65_536;

/**
 * One JSON document a line. Blank lines are skipped, CRLF and a BOM are taken.
 * Errors: `DECODE_FAILED` with the line number, `ROW_TOO_LARGE`, `ENCODE_FAILED`.
 */
export function ndjson<T = unknown>(options: NdjsonOptions = {}): RowsFormat<T> {
  const maxRowBytes = options.maxRowBytes ?? defaultMaxRowBytes;
  if (!(maxRowBytes > 0)) {
    throw new GlacierError("OPTION_INVALID", {
      message: `ndjson: maxRowBytes must be above 0, not ${maxRowBytes}`,
      hint: "Give a number of bytes, or leave it out.",
    });
  }
  const plain: RowsFormat<T> = {
    name: "ndjson",
    shape: "rows",
    extension: "ndjson",
    contentType: "application/x-ndjson",
    ...(options.maxRowBytes !== undefined && { options: { maxRowBytes } }),
    decode: (source, context) => decode(source.stream(), context, maxRowBytes),
    encode,
  };
  return compressed(plain, options);
}

async function* decode(
  stream: AsyncIterable<Uint8Array>,
  context: CodecContext,
  maxRowBytes: number,
): AsyncGenerator<unknown[]> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let line = 1;
  for await (const chunk of untilAborted(stream, context.signal)) {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) {
      rest.push(chunk);
      restBytes += chunk.length;
      if (restBytes > maxRowBytes) throw tooLarge(context, line, maxRowBytes);
      continue;
    }
    if (restBytes > 0 && restBytes + chunk.indexOf(newline) > maxRowBytes) throw tooLarge(context, line, maxRowBytes);
    const whole = chunk.subarray(0, end);
    for (const block of blocks(restBytes === 0 ? whole : concat([...rest, whole]))) {
      const parsed = parseLines(block, context, line);
      line = parsed.nextLine;
      if (parsed.rows.length > 0) yield parsed.rows;
    }
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    restBytes = chunk.length - end - 1;
    if (restBytes > maxRowBytes) throw tooLarge(context, line, maxRowBytes);
  }
  if (restBytes > 0) {
    const { rows } = parseLines(concat(rest), context, line);
    if (rows.length > 0) yield rows;
  }
}

/** Whole lines in blocks of about this many bytes: rows that die young cost little memory, those of a large chunk don't. */
const blockLength = 65_536;

function* blocks(lines: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (lines.length - start > blockLength) {
    const end = lines.indexOf(newline, start + blockLength);
    if (end === -1) break;
    yield lines.subarray(start, end);
    start = end + 1;
  }
  yield lines.subarray(start);
}

interface Lines {
  rows: unknown[];
  nextLine: number;
}

/**
 * A line end can't stand inside a JSON document's string, so a block of lines is an array once its line ends are commas:
 * one parse for all is 1.25 times as fast as one for each. It counts only when every line gave one row and looks like
 * an object of its own; anything else goes line by line, which also finds the line to blame. (Lines that are documents
 * only together, such as `{"a":[{}` before `{}]},{"b":3}`, can pass as the rows that they spell.)
 */
function parseLines(bytes: Uint8Array, context: CodecContext, firstLine: number): Lines {
  const text = decodeUtf8(bytes, context, firstLine);
  const count = looksUniform(text);
  if (count > 0) {
    try {
      const rows: unknown[] = JSON.parse(`[${text.replaceAll("\n", ",")}]`);
      if (rows.length === count) return { rows, nextLine: firstLine + count };
    } catch {
      // the loop below names the line
    }
  }
  return parseLineByLine(text, context, firstLine);
}

/** How many lines there are, when each starts with `{` and ends with `}`; else 0. */
function looksUniform(text: string): number {
  let count = 0;
  let start = 0;
  for (;;) {
    const found = text.indexOf("\n", start);
    let end = found === -1 ? text.length : found;
    if (text.charCodeAt(end - 1) === 0x0d) end--;
    if (text.charCodeAt(start) !== 0x7b || text.charCodeAt(end - 1) !== 0x7d) return 0;
    count++;
    if (found === -1) return count;
    start = found + 1;
  }
}

function parseLineByLine(text: string, context: CodecContext, firstLine: number): Lines {
  const rows: unknown[] = [];
  let line = firstLine;
  for (const one of text.split("\n")) {
    if (one.trim() !== "") {
      try {
        rows.push(JSON.parse(one));
      } catch {
        throw new GlacierError("DECODE_FAILED", {
          message: `dataset "${context.dataset}", line ${line}: not a JSON document`,
          hint: "Every line must be one whole JSON document; a cut-off last line means that the file is not whole.",
          context: { dataset: context.dataset, line },
        });
      }
    }
    line++;
  }
  return { rows, nextLine: line };
}

async function* encode(batches: AsyncIterable<unknown[]>, context: CodecContext): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = "";
  let row = 0;
  for await (const batch of untilAborted(batches, context.signal)) {
    for (const value of batch) {
      text += `${stringify(value, context, ++row)}\n`;
      if (text.length > chunkLength) {
        yield encoder.encode(text);
        text = "";
      }
    }
  }
  if (text !== "") yield encoder.encode(text);
}

function tooLarge(context: CodecContext, line: number, maxRowBytes: number): GlacierError {
  return new GlacierError("ROW_TOO_LARGE", {
    message: `dataset "${context.dataset}", line ${line}: longer than ${maxRowBytes} bytes`,
    hint: "Check that the file has line ends; for larger rows raise ndjson({ maxRowBytes }).",
    context: { dataset: context.dataset, line },
  });
}
