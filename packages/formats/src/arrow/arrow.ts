import type { RowsFormat } from "@glacier/core";
import { countOption } from "../errors.ts";
import { decodeArrow } from "./decode.ts";
import { encodeArrow } from "./encode.ts";

/** Options of {@link arrow}. */
export interface ArrowOptions {
  /** Rows a record batch may have when writing, at most 1,048,576; 16 MiB of values close one earlier. Default 16,384. */
  readonly batchRows?: number;
  /** Bytes that one record batch, or a file whose schema stands only at its end, may have. Default 256 MiB. */
  readonly maxBufferBytes?: number;
}

/** What {@link ArrowOptions} come to. */
export type ArrowSettings = Required<ArrowOptions>;

const mebibyte = 1024 * 1024;

/**
 * Apache Arrow's IPC stream, record batch by record batch; reads its file format (Feather 2) too. Columns come from the
 * dataset's schema, else from the first 1,000 rows.
 * Nested values are written as JSON, dates as UTC timestamps in milliseconds, integers and bigints as Int64.
 * Errors: `OPTION_INVALID`; `DECODE_FAILED` (with the row number where there is one); `ENCODE_FAILED` with the row number.
 */
export function arrow<T = unknown>(options: ArrowOptions = {}): RowsFormat<T> {
  const settings: ArrowSettings = {
    batchRows: countOption("arrow", "batchRows", options.batchRows, 16_384, 1_048_576),
    maxBufferBytes: countOption("arrow", "maxBufferBytes", options.maxBufferBytes, 256 * mebibyte, 2048 * mebibyte),
  };
  return {
    name: "arrow",
    shape: "rows",
    extension: "arrows",
    contentType: "application/vnd.apache.arrow.stream",
    ...(Object.keys(options).length > 0 && { options: { ...options } }),
    decode: (source, context) => decodeArrow(source, context, settings),
    encode: (batches, context) => encodeArrow(batches, context, settings),
  };
}
