import { type Compression, GlacierError, type RowsFormat, withGzip } from "@glacier/core";
import { countOption, invalidOption } from "../errors.ts";
import { decodeCsv } from "./decode.ts";
import { encodeCsv } from "./encode.ts";

/** Options of {@link csv}. */
export interface CsvOptions extends Compression {
  /** One character. Default `,`. */
  readonly delimiter?: string;
  /** The column names of a file that has no header line: none is read and none is written. */
  readonly header?: readonly string[];
  /** Bytes that one row may have, at most 256 MiB. Default 64 MiB. */
  readonly maxRowBytes?: number;
}

/** What {@link CsvOptions} come to. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly header: readonly string[] | undefined;
  readonly maxRowBytes: number;
}

/** 1 MiB. */
const mebibyte = 1024 * 1024;

/**
 * Comma-separated values (RFC 4180) in UTF-8, typed by the dataset's schema: without one every field is a string.
 * A field that doesn't fit its column stays the string that it is, for validation to name.
 * Errors: `OPTION_INVALID`; `DECODE_FAILED` with the line number, `ROW_TOO_LARGE`, `ENCODE_FAILED` with the row number.
 */
export function csv<T = unknown>(options: CsvOptions = {}): RowsFormat<T> {
  const { compression, ...plain } = options;
  const dialect = dialectOf(plain);
  const format: RowsFormat<T> = {
    name: "csv",
    shape: "rows",
    extension: dialect.delimiter === "\t" ? "tsv" : "csv",
    contentType: dialect.delimiter === "\t" ? "text/tab-separated-values" : "text/csv; charset=utf-8",
    ...(Object.keys(plain).length > 0 && { options: jsonOf(plain) }),
    decode: (source, context) => decodeCsv(source.stream(), context, dialect),
    encode: (batches, context) => encodeCsv(batches, context, dialect),
  };
  if (compression === undefined) return format;
  if (compression === "gzip") return withGzip(format);
  throw invalidOption("csv", "compression", '"gzip"', compression);
}

function dialectOf({ delimiter = ",", header, maxRowBytes }: CsvOptions): CsvDialect {
  if (typeof delimiter !== "string" || delimiter.length !== 1 || /["\r\n\uFEFF\uD800-\uDFFF]/.test(delimiter)) {
    throw invalidOption("csv", "delimiter", "one character other than a quote or a line end", delimiter);
  }
  if (header !== undefined) {
    if (!Array.isArray(header) || header.length === 0 || header.some((name) => typeof name !== "string")) {
      throw invalidOption("csv", "header", "an array of column names", header);
    }
    const problem = headerProblem(header);
    if (problem !== undefined) {
      throw new GlacierError("OPTION_INVALID", {
        message: `csv: header: ${problem}`,
        hint: "Give every column a name of its own.",
      });
    }
  }
  return {
    delimiter,
    header,
    maxRowBytes: countOption("csv", "maxRowBytes", maxRowBytes, 64 * mebibyte, 256 * mebibyte),
  };
}

/** What is wrong with a header's names, if anything. */
export function headerProblem(names: readonly string[]): string | undefined {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `column ${JSON.stringify(twice)} is there twice`;
  return names.includes("__proto__") ? 'a column can\'t be named "__proto__"' : undefined;
}

function jsonOf({ delimiter, header, maxRowBytes }: CsvOptions): NonNullable<RowsFormat["options"]> {
  return {
    ...(delimiter !== undefined && { delimiter }),
    ...(header !== undefined && { header: [...header] }),
    ...(maxRowBytes !== undefined && { maxRowBytes }),
  };
}
