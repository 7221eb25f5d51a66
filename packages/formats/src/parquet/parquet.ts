import type { RowsFormat } from "@glacier/core";
import { countOption, invalidOption } from "../errors.ts";
import { decodeParquet } from "./decode.ts";
import { encodeParquet } from "./encode.ts";

/** Options of {@link parquet}. */
export interface ParquetOptions {
  /** How pages are compressed. Default `snappy`. Reading takes gzip and brotli as well. */
  readonly compression?: "snappy" | "zstd" | "uncompressed";
  /** Rows a row group may have when writing, at most 1,048,576; 64 MiB of values close one earlier. Default 8,192. */
  readonly rowGroupRows?: number;
  /** Bytes kept of a source that can only be streamed, since parquet is read from its end. Default 256 MiB. */
  readonly maxBufferBytes?: number;
}

/** What {@link ParquetOptions} come to. */
export type ParquetSettings = Required<ParquetOptions>;

const mebibyte = 1024 * 1024;

/**
 * Apache Parquet, row group by row group. Columns come from the dataset's schema, else from the first 1,000 rows.
 * Nested values are written as JSON, dates as UTC timestamps in milliseconds, integers and bigints as INT64.
 * Errors: `OPTION_INVALID`; `DECODE_FAILED` (with the row number where there is one); `ENCODE_FAILED` with the row number.
 */
export function parquet<T = unknown>(options: ParquetOptions = {}): RowsFormat<T> {
  const settings = settingsOf(options);
  return {
    name: "parquet",
    shape: "rows",
    extension: "parquet",
    contentType: "application/vnd.apache.parquet",
    ...(Object.keys(options).length > 0 && { options: { ...options } }),
    decode: (source, context) => decodeParquet(source, context, settings),
    encode: (batches, context) => encodeParquet(batches, context, settings),
  };
}

function settingsOf({ compression = "snappy", rowGroupRows, maxBufferBytes }: ParquetOptions): ParquetSettings {
  if (!["snappy", "zstd", "uncompressed"].includes(compression)) {
    throw invalidOption("parquet", "compression", '"snappy", "zstd" or "uncompressed"', compression);
  }
  return {
    compression,
    rowGroupRows: countOption("parquet", "rowGroupRows", rowGroupRows, 8192, 1_048_576),
    maxBufferBytes: countOption("parquet", "maxBufferBytes", maxBufferBytes, 256 * mebibyte, 2048 * mebibyte),
  };
}
