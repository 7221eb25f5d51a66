import { createRegistry, type RowsFormat } from "@glacier/core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { arrow, csv, formats, parquet } from "./index.ts";
import { contextOf, decode, encode } from "./testing.ts";

describe("formats", () => {
  it("lets a registry build each format again from its options", async () => {
    const registry = createRegistry([formats]);
    const rows = [{ a: "1", b: "x" }];
    for (const format of [
      csv({ delimiter: ";", compression: "gzip" }),
      parquet({ compression: "zstd" }),
      arrow({ batchRows: 1 }),
    ]) {
      const again = (await registry.format(format.name, format.options)) as RowsFormat;
      expect(again).toMatchObject({ name: format.name, extension: format.extension, options: format.options });
      expect(await decode(again, await encode(format, rows, contextOf()))).toEqual(rows);
    }
  });

  it("are typed by the row that the user names", () => {
    expectTypeOf(csv<{ a: number }>()).toEqualTypeOf<RowsFormat<{ a: number }>>();
    expectTypeOf(parquet()).toEqualTypeOf<RowsFormat<unknown>>();
    expectTypeOf(arrow<{ a: Date }>()).toEqualTypeOf<RowsFormat<{ a: Date }>>();
    // @ts-expect-error no such option
    csv({ delimeter: ";" });
  });
});
