import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Compressors, ParquetParsers } from "hyparquet";
import { utf8 } from "../text.ts";

/** What hyparquet leaves to others; snappy is its own. Output is never longer than the page says. */
export const compressors: Compressors = {
  GZIP: (page, length) => plain(gunzipSync(page, { maxOutputLength: limit(length) })),
  BROTLI: (page, length) => plain(brotliDecompressSync(page, { maxOutputLength: limit(length) })),
  ZSTD: (page, length) => plain(zstdDecompressSync(page, { maxOutputLength: limit(length) })),
};

/** hyparquet's own drop a BOM at a text's start and let bytes pass that are no UTF-8. JSON is parsed later. */
export const parsers: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8(bytes),
};

const limit = (length: number): number => Math.max(1, length);

/** hyparquet tells bytes by their constructor. */
function plain({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
