import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { ByteWriter, ParquetWriter, parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { contextOf, decode, encode, failure, rangedSource, typedContext, typedRows } from "../testing.ts";
import { parquet } from "./parquet.ts";

const decodeRanged = async (bytes: Uint8Array, context = contextOf()): Promise<unknown[]> => {
  const rows: unknown[] = [];
  for await (const batch of parquet().decode(rangedSource(bytes), context)) rows.push(...batch);
  return rows;
};
const file = (columnData: Parameters<typeof parquetWriteBuffer>[0]["columnData"]): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData }));

describe("parquet round trip", () => {
  it("gives back typed rows, through ranges and through a stream", async () => {
    await fc.assert(
      fc.asyncProperty(
        typedRows,
        fc.constantFrom("snappy", "zstd", "uncompressed"),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 99 }),
        async (rows, compression, rowGroupRows, chunk) => {
          const bytes = await encode(parquet({ compression, rowGroupRows }), rows, typedContext);
          expect(await decodeRanged(bytes, typedContext)).toStrictEqual(rows);
          expect(await decode(parquet(), bytes, typedContext, [chunk])).toStrictEqual(rows);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives back rows without a schema; what is missing is null", async () => {
    const rows = [
      { text: "é", number: 0.5, big: 2n ** 60n, at: new Date(5), nested: { a: [1, null] }, flag: true, nothing: null },
      { text: null, number: -0, flag: false, nothing: "later" },
    ];
    const missing = { text: null, number: null, big: null, at: null, nested: null, flag: null, nothing: null };
    const decoded = await decodeRanged(await encode(parquet(), rows));
    // A column without a value in the first rows holds anything, as JSON.
    expect(decoded).toStrictEqual([rows[0], { ...missing, ...rows[1] }]);
  });

  it("keeps -0 and NaN in a column that would have a dictionary", async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ x: [0, -0, Number.NaN, 1][i % 4] }));
    expect(await decodeRanged(await encode(parquet(), rows))).toStrictEqual(rows);
  });

  it("leaves out what is optional and not nullable", async () => {
    const context = {
      dataset: "things",
      columns: [{ name: "a", type: "string" as const, nullable: false, optional: true }],
    };
    expect(await decodeRanged(await encode(parquet(), [{ a: "x" }, {}], context), context)).toStrictEqual([
      { a: "x" },
      {},
    ]);
  });

  it("writes the same bytes each time, however rows are batched", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ i, s: `s${i % 7}`, n: i % 3 === 0 ? null : { i } }));
    const bytes = await encode(parquet({ rowGroupRows: 700 }), rows, contextOf(), 1);
    expect(await encode(parquet({ rowGroupRows: 700 }), rows, contextOf(), 2048)).toEqual(bytes);
  });
});

describe("parquet and others", () => {
  it("is read by hyparquet", async () => {
    const bytes = new Uint8Array(
      await encode(
        parquet(),
        [{ a: 1, s: "x", at: new Date(7) }],
        contextOf({ a: "integer", s: "string", at: "date" }),
      ),
    );
    const rows = await parquetReadObjects({ file: bytes.buffer });
    expect(rows).toEqual([{ a: 1n, s: "x", at: new Date(7) }]);
  });

  it("reads integers as what the schema says", async () => {
    const bytes = file([
      { name: "a", data: [1n, null], type: "INT64" },
      { name: "b", data: [1, 2], type: "INT32" },
    ]);
    expect(await decodeRanged(bytes, contextOf({ a: "number?", b: "bigint" }))).toEqual([
      { a: 1, b: 1n },
      { a: null, b: 2n },
    ]);
    expect(await decodeRanged(bytes)).toEqual([
      { a: 1n, b: 1 },
      { a: null, b: 2 },
    ]);
  });

  it("reads nested columns and JSON columns of others", async () => {
    const bytes = file([
      { name: "a", data: [{ x: 1 }, [2]], type: "JSON" },
      { name: "b", data: ["[3]", "{"], type: "STRING" },
    ]);
    expect(await decodeRanged(bytes, contextOf({ a: "json", b: "json" }))).toEqual([
      { a: { x: 1 }, b: [3] },
      { a: [2], b: "{" },
    ]);
  });

  it("reads three million flights", { timeout: 60_000 }, async () => {
    const path = createRequire(import.meta.url)
      .resolve("vega-datasets")
      .replace(/vega-datasets\/.*$/s, "vega-datasets/data/flights-3m.parquet");
    let rows = 0;
    let distance = 0;
    for await (const batch of parquet().decode(rangedSource(readFileSync(path)), contextOf({ distance: "number" }))) {
      rows += batch.length;
      distance += (batch[0] as { distance: number }).distance;
    }
    expect(rows).toBe(3_000_000);
    expect(distance).toBeGreaterThan(0);
  });
});

describe("parquet decode refuses", () => {
  it("a number beyond 2^53 in a number column, by its row", async () => {
    const bytes = file([{ name: "a", data: [1n, 2n ** 53n], type: "INT64" }]);
    const error = await failure(decodeRanged(bytes, contextOf({ a: "number" })));
    expect(error).toMatchObject({ code: "DECODE_FAILED", row: 2, message: expect.stringContaining('"a"') });
  });

  it("garbage, with no error but its own", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (garbage, framed) => {
        const length = new Uint8Array(new Uint32Array([garbage.length]).buffer);
        const magic = new TextEncoder().encode("PAR1");
        const bytes = framed ? Buffer.concat([magic, garbage, length, magic]) : garbage;
        expect(await failure(decodeRanged(bytes))).toMatchObject({ code: "DECODE_FAILED" });
      }),
    ));

  it("damaged bytes, with no error but its own", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ a: i, b: i % 2 === 0 ? "xyz" : null, c: BigInt(i % 3) }));
    const bytes = await encode(parquet({ rowGroupRows: 20 }), rows);
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x55, 0x80, 0xff]) {
        const damaged = new Uint8Array(bytes);
        damaged[at] = (damaged[at] as number) ^ mask;
        const outcome = await decodeRanged(damaged).catch((error: { code?: string }) => error.code);
        if (!Array.isArray(outcome)) expect(outcome).toBe("DECODE_FAILED");
      }
    }
  });

  it("text that is not UTF-8", async () => {
    const sink = new ByteWriter();
    const schema = [
      { name: "root", num_children: 1 },
      { name: "a", type: "BYTE_ARRAY" as const, converted_type: "UTF8" as const },
    ];
    const writer = new ParquetWriter({ writer: sink, schema });
    writer.write({ columnData: [{ name: "a", data: [new Uint8Array([0xe9])] }] });
    writer.finish();
    expect(await failure(decodeRanged(sink.getBytes().slice()))).toMatchObject({ code: "DECODE_FAILED" });
  });

  it("a stream larger than its buffer", async () => {
    const bytes = await encode(parquet(), [{ a: 1 }]);
    const run = decode(parquet({ maxBufferBytes: 100 }), bytes, contextOf(), [10]);
    expect(await failure(run)).toMatchObject({ code: "DECODE_FAILED", message: expect.stringContaining("100 bytes") });
  });
});

describe("parquet is bounded", () => {
  it("reads one row group before the first rows come", async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => ({ a: `${i} ${Math.sin(i)}` }));
    const bytes = await encode(parquet({ rowGroupRows: 1000 }), rows);
    const source = rangedSource(bytes);
    for await (const batch of parquet().decode(source, contextOf())) {
      expect(batch).toHaveLength(1000);
      break;
    }
    // The footer is fetched with up to 512 KiB around it.
    expect(source.read).toBeLessThan(524_288 + bytes.length / 25);
  });

  it("writes a row group as soon as it is full, by rows and by bytes", async () => {
    let pulled = 0;
    async function* endless(text: string): AsyncGenerator<unknown[]> {
      for (pulled = 0; ; pulled++) yield [{ a: `${pulled}${text}` }];
    }
    const context = contextOf({ a: "string" });
    for await (const part of parquet({ rowGroupRows: 100 }).encode(endless(""), context)) {
      expect(part.length).toBeGreaterThan(4);
      break;
    }
    expect(pulled).toBeLessThanOrEqual(101);
    for await (const _ of parquet().encode(endless("x".repeat(1024 * 1024)), context)) break;
    expect(pulled).toBeLessThanOrEqual(66);
  });
});

describe("parquet encode refuses", () => {
  const schema = contextOf({ a: "integer", b: "string?" });
  it.each<[string, unknown[], typeof schema, number, string]>([
    [
      "a value of another type than the first rows had",
      [{ a: 1 }, { a: "x" }],
      contextOf(),
      2,
      "numbers, not a string",
    ],
    [
      "… also after the first 1,000",
      [...Array.from({ length: 1500 }, () => ({ a: 1 })), { a: true }],
      contextOf(),
      1501,
      "numbers",
    ],
    [
      "a key that no column has",
      [...Array.from({ length: 1000 }, () => ({ a: 1 })), { a: 1, b: 2 }],
      contextOf(),
      1001,
      '"b"',
    ],
    ["a key that the schema lacks", [{ a: 1, c: 1 }], schema, 1, '"c"'],
    ["a fraction in an integer column", [{ a: 1.5 }], schema, 1, "whole numbers"],
    ["null where it may not be", [{ a: null }], schema, 1, "not null"],
    ["a bigint of more than 64 bits", [{ a: 2n ** 63n }], contextOf(), 1, "64 bits"],
    ["half a surrogate pair", [{ a: 1, b: "\udc00" }], schema, 1, "surrogate"],
    ["an invalid date", [{ a: new Date(Number.NaN) }], contextOf(), 1, "invalid Date"],
    ["a row that is no object", [7], schema, 1, "a number"],
    ["rows without columns", [{}], contextOf(), 1, "no columns"],
  ])("%s", async (_, rows, context, row, message) => {
    const error = await failure(encode(parquet(), rows, context));
    expect(error).toMatchObject({ code: "ENCODE_FAILED", row, message: expect.stringContaining(message) });
  });
});

describe("parquet options", () => {
  it("stand in the format, so that it can be built again", () => {
    expect(parquet().options).toBeUndefined();
    expect(parquet({ compression: "zstd", rowGroupRows: 5 }).options).toEqual({ compression: "zstd", rowGroupRows: 5 });
  });

  it.each<Record<string, unknown>[]>([[{ compression: "lzo" }], [{ rowGroupRows: 0 }], [{ maxBufferBytes: 1.5 }]])(
    "%j is refused",
    (options) => {
      expect(() => parquet(options)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    },
  );
});
