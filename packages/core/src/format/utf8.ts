import { GlacierError } from "../errors/index.ts";
import type { CodecContext } from "./format.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Strict UTF-8. `line` is the number of the first line in `bytes`, for the error. Errors: `DECODE_FAILED`. */
export function decodeUtf8(bytes: Uint8Array, context: CodecContext, line: number): string {
  try {
    return withoutBom(strict.decode(bytes), line);
  } catch {
    const bad = line + countLinesBefore(bytes);
    throw new GlacierError("DECODE_FAILED", {
      message: `dataset "${context.dataset}", line ${bad}: the bytes are not UTF-8`,
      hint: "Convert the file to UTF-8 (iconv -f latin1 -t utf-8, for example), or read it with bytes().",
      context: { dataset: context.dataset, line: bad },
    });
  }
}

function withoutBom(text: string, line: number): string {
  return line === 1 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** How many line ends stand before the first byte that is not UTF-8. */
function countLinesBefore(bytes: Uint8Array): number {
  let start = 0;
  let lines = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    try {
      strict.decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return lines;
    }
    if (end === -1) return lines;
    lines++;
    start = end + 1;
  }
}
