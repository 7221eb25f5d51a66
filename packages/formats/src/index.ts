export { type CsvOptions, csv } from "./csv/csv.ts";
export { type ParquetOptions, parquet } from "./parquet/parquet.ts";
