import type { FormatFactory, Provider } from "@glacier/core";
import { arrow } from "./arrow/arrow.ts";
import { csv } from "./csv/csv.ts";
import { parquet } from "./parquet/parquet.ts";

/** csv, parquet and arrow, for a registry that builds formats again from a plan's options. */
export const formats: Provider = {
  name: "formats",
  contract: 1,
  module: import.meta.url,
  formats: { csv, parquet, arrow } as Record<string, FormatFactory>,
};
