import { GlacierError } from "../errors/index.ts";
import { untilAborted } from "../stream/abort.ts";
import { readAll } from "../stream/bytes.ts";
import type { ValueFormat } from "./format.ts";
import { type Compression, compressed } from "./gzip.ts";
import { decodeUtf8 } from "./utf8.ts";

/** One string, as UTF-8. Errors: `DECODE_FAILED`, `ENCODE_FAILED`. */
export function text(options: Compression = {}): ValueFormat<string> {
  return compressed(plainText, options);
}

const plainText: ValueFormat<string> = {
  name: "text",
  shape: "value",
  extension: "txt",
  contentType: "text/plain; charset=utf-8",
  async decode(source, context) {
    return decodeUtf8(await readAll(untilAborted(source.stream(), context.signal)), context, 1);
  },
  async *encode(value, context) {
    if (typeof value !== "string") {
      throw new GlacierError("ENCODE_FAILED", {
        message: `dataset "${context.dataset}": text needs a string, not ${value === null ? "null" : typeof value}`,
        hint: "Return a string, or use json().",
        context: { dataset: context.dataset },
      });
    }
    yield new TextEncoder().encode(value);
  },
};
