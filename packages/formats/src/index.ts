export { type ArrowOptions, arrow } from "./arrow/arrow.ts";
export { type CsvOptions, csv } from "./csv/csv.ts";
export { type ParquetOptions, parquet } from "./parquet/parquet.ts";
export { formats } from "./provider.ts";
