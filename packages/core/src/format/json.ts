import { describeThrown, GlacierError } from "../errors/index.ts";
import type { Json } from "../json.ts";
import { untilAborted } from "../stream/abort.ts";
import { readAll } from "../stream/bytes.ts";
import type { CodecContext, ValueFormat } from "./format.ts";
import { type Compression, compressed } from "./gzip.ts";
import { decodeUtf8 } from "./utf8.ts";

/**
 * One JSON document: the default format. Arrays are written element by element, so that only reading needs the whole text.
 * Errors: `DECODE_FAILED`, `ENCODE_FAILED`.
 */
export function json<T = unknown>(options: Compression = {}): ValueFormat<T> {
  return compressed(plainJson as ValueFormat<T>, options);
}

const plainJson: ValueFormat = {
  name: "json",
  shape: "value",
  extension: "json",
  contentType: "application/json",
  async decode(source, context) {
    const bytes = await readAll(untilAborted(source.stream(), context.signal));
    return parseJson(decodeUtf8(bytes, context, 1), context);
  },
  async *encode(value, context) {
    const encoder = new TextEncoder();
    if (!Array.isArray(value)) {
      yield encoder.encode(`${stringify(value, context)}\n`);
      return;
    }
    let text = "[";
    for (let i = 0; i < value.length; i++) {
      text += (i > 0 ? "," : "") + stringify(value[i] ?? null, context, i + 1);
      if (text.length > 65_536) {
        yield encoder.encode(text);
        text = "";
      }
    }
    yield encoder.encode(`${text}]\n`);
  },
};

/** `JSON.stringify` that refuses what JSON can't hold. */
export function stringify(value: unknown, context: CodecContext, row?: number): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  const where = row === undefined ? "" : `, row ${row}`;
  throw new GlacierError("ENCODE_FAILED", {
    message: `dataset "${context.dataset}"${where}: ${cause === undefined ? `JSON has no ${typeof value}` : describeThrown(cause).split("\n")[0]}`,
    hint: "Return plain data: no functions, no cycles, no bigint (write it as a string), no undefined.",
    cause,
    context: { dataset: context.dataset, ...(row !== undefined && { row }) },
  });
}

function parseJson(text: string, context: CodecContext): Json {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = jsonErrorPosition(cause, text);
    const line = position === undefined ? undefined : text.slice(0, position).split("\n").length;
    throw new GlacierError("DECODE_FAILED", {
      message:
        text.trim() === ""
          ? `dataset "${context.dataset}" is empty, which is no JSON document`
          : `dataset "${context.dataset}" is not JSON${line === undefined ? "" : `: line ${line}`}${position === text.length ? " (the text ends too early)" : ""}`,
      hint: "Check that the file is whole and is JSON; for one document a line use ndjson().",
      context: { dataset: context.dataset, ...(line !== undefined && { line }) },
    });
  }
}

/** Engines word it differently ("at position 17", "Unexpected end of JSON input"); unknown wording gives no position. */
function jsonErrorPosition(cause: unknown, text: string): number | undefined {
  const message = describeThrown(cause);
  if (/end of JSON input|Unterminated/i.test(message)) return text.length;
  const found = /position (\d+)/.exec(message);
  return found === null ? undefined : Number(found[1]);
}
