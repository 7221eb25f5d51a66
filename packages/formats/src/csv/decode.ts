import { type CodecContext, untilAborted } from "@glacier/core";
import { formatError } from "../errors.ts";
import type { CsvDialect } from "./csv.ts";
import { tooLarge } from "./fields.ts";
import { type CsvParser, csvParser } from "./parse.ts";

const newline = 0x0a;
/** Bytes parsed at a time: some thousand rows, so that batches stay small whatever the source's chunks are. */
const pieceBytes = 262_144;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Rows of a csv stream. Text is cut at line ends, where no character is cut; a row that goes on (a line end in quotes)
 * waits for more, and is parsed again only once it has doubled, so that a long one costs no quadratic time.
 */
export async function* decodeCsv(
  stream: AsyncIterable<Uint8Array>,
  context: CodecContext,
  dialect: CsvDialect,
): AsyncGenerator<unknown[]> {
  const { maxRowBytes } = dialect;
  const parser = csvParser(context, dialect);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let parseFrom = 0;
  for await (const chunk of untilAborted(stream, context.signal)) {
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      const piece = chunk.subarray(start, start + pieceBytes);
      pending.push(piece);
      pendingBytes += piece.length;
      const lineEnd = piece.lastIndexOf(newline);
      if (lineEnd !== -1 && (pendingBytes >= parseFrom || pendingBytes > maxRowBytes)) {
        const block = concat(pending, pendingBytes);
        const text = decodeUtf8(block.subarray(0, pendingBytes - piece.length + lineEnd + 1), parser, context);
        const { rows, unread } = parser.parse(text, false);
        if (rows.length > 0) yield rows;
        const rest = block.subarray(pendingBytes - (piece.length - lineEnd - 1) - byteLength(unread));
        parseFrom = unread === "" ? 0 : 2 * rest.length;
        pending = rest.length > 0 ? [new Uint8Array(rest)] : [];
        pendingBytes = rest.length;
      }
      if (pendingBytes > maxRowBytes) throw tooLarge(context, parser.line, maxRowBytes);
    }
  }
  if (pendingBytes === 0) return;
  const { rows } = parser.parse(decodeUtf8(concat(pending, pendingBytes), parser, context), true);
  if (rows.length > 0) yield rows;
}

/** Strict UTF-8. `bytes` start where the parser stands. */
function decodeUtf8(bytes: Uint8Array, parser: CsvParser, context: CodecContext): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw formatError(
      "DECODE_FAILED",
      context,
      { line: parser.line + linesBeforeBadByte(bytes) },
      "the bytes are not UTF-8",
      "Convert the file to UTF-8 (iconv -f latin1 -t utf-8, for example), or read it with bytes().",
    );
  }
}

function linesBeforeBadByte(bytes: Uint8Array): number {
  for (let start = 0, lines = 0; ; lines++) {
    const end = bytes.indexOf(newline, start);
    try {
      strict.decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return lines;
    }
    if (end === -1) return lines;
    start = end + 1;
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function byteLength(text: string): number {
  return text === "" ? 0 : new TextEncoder().encode(text).length;
}
