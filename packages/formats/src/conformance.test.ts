import type { Column, ColumnType } from "@glacier/core";
import { testFormat } from "@glacier/testkit";
import fc from "fast-check";
import { arrow, csv, formats, parquet } from "./index.ts";

const types: readonly ColumnType[] = ["string", "number", "integer", "bigint", "boolean", "date", "json"];
const columns: readonly Column[] = [
  ...types.map((type): Column => ({ name: `${type}_or_null`, type, nullable: true, optional: false })),
  { name: "certain string", type: "string", nullable: false, optional: false },
  { name: "maybe number", type: "number", nullable: false, optional: true },
];
const providers = [formats];
const create = {
  csv: () => csv(),
  parquet: () => parquet({ rowGroupRows: 500 }),
  arrow: () => arrow({ batchRows: 500 }),
};

testFormat("csv", { shape: "rows", create: create.csv, providers, columns, cutOff: "anything" });
testFormat("csv, gzip, semicolons", {
  shape: "rows",
  create: () => csv({ compression: "gzip", delimiter: ";" }),
  providers,
  columns,
});
testFormat("csv of strings, no schema", {
  shape: "rows",
  create: create.csv,
  providers,
  cutOff: "anything",
  rows: stringRows(),
});
testFormat("parquet", { shape: "rows", create: create.parquet, providers, columns });
testFormat("parquet, zstd", {
  shape: "rows",
  create: () => parquet({ compression: "zstd", rowGroupRows: 500 }),
  providers,
  columns,
});
testFormat("parquet, no schema", { shape: "rows", create: create.parquet, providers });
testFormat("arrow", { shape: "rows", create: create.arrow, providers, columns });
testFormat("arrow, no schema", { shape: "rows", create: create.arrow, providers });

/** Rows of strings under any names. */
function stringRows(): fc.Arbitrary<Record<string, string>[]> {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "\uFEFF", "a") }),
  );
  return fc
    .uniqueArray(
      text.filter((name) => name !== "__proto__"),
      { minLength: 1, maxLength: 4 },
    )
    .chain((names) =>
      fc
        .array(fc.tuple(...names.map(() => text)))
        .map((rows) => rows.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""])))),
    );
}
