export { type CsvOptions, csv } from "./csv/csv.ts";
