import type { RowsFormat } from "@glacier/core";
import { describe, expectTypeOf, it } from "vitest";
import { arrow, csv, parquet } from "./index.ts";

describe("formats", () => {
  it("are typed by the row that the user names", () => {
    expectTypeOf(csv<{ a: number }>()).toEqualTypeOf<RowsFormat<{ a: number }>>();
    expectTypeOf(parquet()).toEqualTypeOf<RowsFormat<unknown>>();
    expectTypeOf(arrow<{ a: Date }>()).toEqualTypeOf<RowsFormat<{ a: Date }>>();
    // @ts-expect-error no such option
    csv({ delimeter: ";" });
  });
});
