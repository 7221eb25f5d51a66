import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  makeData,
  RecordBatchFileWriter,
  Table,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  Vector,
} from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextOf, decode, encode, failure, sourceOf, typedContext, typedRows } from "../testing.ts";
import { arrow } from "./arrow.ts";

describe("arrow round trip", () => {
  it("gives back typed rows, however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        typedRows,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 99 }),
        async (rows, batchRows, chunk) => {
          const bytes = await encode(arrow({ batchRows }), rows, typedContext);
          expect(await decode(arrow(), bytes, typedContext, [chunk])).toStrictEqual(rows);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives back rows without a schema; what is missing is null", async () => {
    const rows = [
      { text: "é", number: -0, big: 2n ** 60n, at: new Date(5), nested: { a: [1, null] }, flag: true, nothing: null },
      { text: null, number: 1, flag: false, nothing: "later" },
    ];
    const missing = { text: null, number: null, big: null, at: null, nested: null, flag: null, nothing: null };
    expect(await decode(arrow(), await encode(arrow(), rows))).toStrictEqual([rows[0], { ...missing, ...rows[1] }]);
  });

  it("writes the same bytes each time, however rows are batched", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ i, s: `s${i % 7}`, n: i % 3 === 0 ? null : { i } }));
    const bytes = await encode(arrow({ batchRows: 700 }), rows, contextOf(), 1);
    expect(await encode(arrow({ batchRows: 700 }), rows, contextOf(), 2048)).toEqual(bytes);
  });
});

describe("arrow and others", () => {
  it("is read by apache-arrow", async () => {
    const rows = [
      { a: 1, s: "x" },
      { a: 2, s: null },
    ];
    const table = tableFromIPC(await encode(arrow({ batchRows: 1 }), rows, contextOf({ a: "integer", s: "string?" })));
    expect(table.toArray().map((row: { toJSON(): unknown }) => row.toJSON())).toEqual([
      { a: 1n, s: "x" },
      { a: 2n, s: null },
    ]);
  });

  it("reads streams and files of apache-arrow, dictionaries included", async () => {
    const table = tableFromArrays({
      n: [1.5, null, 3],
      s: ["x", "y", "x"],
      i: Int32Array.of(1, 2, 3),
      d: [new Date(5), new Date(6), null],
    });
    const rows = [
      { n: 1.5, s: "x", i: 1, d: new Date(5) },
      { n: null, s: "y", i: 2, d: new Date(6) },
      { n: 3, s: "x", i: 3, d: null },
    ];
    for (const kind of ["stream", "file"] as const) {
      const bytes = tableToIPC(table, kind);
      for (const chunk of [1, 7, 65_536]) expect(await decode(arrow(), bytes, contextOf(), [chunk])).toEqual(rows);
    }
  });

  it("reads a file whose schema stands at its start, and both are the same", async () => {
    const path = createRequire(import.meta.url)
      .resolve("vega-datasets")
      .replace(/vega-datasets\/.*$/s, "vega-datasets/data/flights-200k.arrow");
    const bytes = readFileSync(path);
    const rows = (await decode(arrow(), bytes)) as { distance: number }[];
    const table = tableFromIPC(bytes);
    expect(rows).toHaveLength(table.numRows);
    expect(rows.reduce((sum, { distance }) => sum + distance, 0)).toBe(
      [...(table.getChild("distance") ?? [])].reduce((sum: number, distance) => sum + Number(distance), 0),
    );
  });
});

describe("arrow decode refuses", () => {
  it("a stream or file that is cut off anywhere", async () => {
    const stream = await encode(arrow({ batchRows: 1 }), [
      { a: 1, b: "x" },
      { a: 2, b: null },
    ]);
    const file = RecordBatchFileWriter.writeAll(tableFromIPC(stream)).toUint8Array(true);
    for (const bytes of [stream, file]) {
      for (let length = 0; length < bytes.length; length++) {
        expect(await failure(decode(arrow(), bytes.subarray(0, length)))).toMatchObject({ code: "DECODE_FAILED" });
      }
    }
  });

  it("garbage, with no error but its own", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (garbage, framed) => {
        const head = Buffer.from(new Int32Array([-1, garbage.length]).buffer);
        expect(
          await failure(decode(arrow(), framed ? Buffer.concat([head, garbage, garbage]) : garbage)),
        ).toMatchObject({ code: "DECODE_FAILED" });
      }),
    ));

  it("damaged bytes, with no error but its own", async () => {
    const stream = await encode(arrow(), [
      { a: 1, b: "xyz" },
      { a: 2, b: null },
    ]);
    const file = RecordBatchFileWriter.writeAll(tableFromIPC(stream)).toUint8Array(true);
    for (const bytes of [stream, file]) {
      for (let at = 0; at < bytes.length; at++) {
        for (const mask of [0x55, 0x80, 0xff]) {
          const damaged = new Uint8Array(bytes);
          damaged[at] = (damaged[at] as number) ^ mask;
          const outcome = await decode(arrow(), damaged).catch((error: { code?: string }) => error.code);
          if (!Array.isArray(outcome)) expect(outcome).toBe("DECODE_FAILED");
        }
      }
    }
  });

  it("what follows the end of a stream", async () => {
    const bytes = await encode(arrow(), [{ a: 1 }]);
    expect(await failure(decode(arrow(), Buffer.concat([bytes, bytes])))).toMatchObject({ code: "DECODE_FAILED" });
  });

  it("a record batch larger than its buffer, before reading it", async () => {
    const bytes = await encode(
      arrow(),
      Array.from({ length: 1000 }, (_, i) => ({ a: i })),
    );
    const error = await failure(decode(arrow({ maxBufferBytes: 2000 }), bytes, contextOf(), [10]));
    expect(error).toMatchObject({ code: "DECODE_FAILED", message: expect.stringContaining("2000 bytes") });
  });

  it("a number beyond 2^53 in a number column, by its row", async () => {
    const bytes = await encode(arrow({ batchRows: 1 }), [{ a: 1n }, { a: 2n ** 53n }]);
    expect(await failure(decode(arrow(), bytes, contextOf({ a: "number" })))).toMatchObject({
      code: "DECODE_FAILED",
      row: 2,
    });
  });

  it("text that is not UTF-8", async () => {
    const data = makeData({
      type: new Utf8(),
      length: 1,
      data: Uint8Array.of(0xe9),
      valueOffsets: Int32Array.of(0, 1),
    });
    const bytes = tableToIPC(new Table({ a: new Vector([data]) }), "stream");
    expect(await failure(decode(arrow(), bytes))).toMatchObject({ code: "DECODE_FAILED" });
  });
});

describe("arrow is bounded", () => {
  it("reads one record batch before the first rows come, and lets the source go", async () => {
    const bytes = await encode(
      arrow({ batchRows: 1000 }),
      Array.from({ length: 50_000 }, (_, i) => ({ a: i })),
    );
    let read = 0;
    let closed = false;
    const source = {
      async *stream() {
        try {
          for await (const chunk of sourceOf(bytes, [1000]).stream()) {
            read += chunk.length;
            yield chunk;
          }
        } finally {
          closed = true;
        }
      },
    };
    for await (const batch of arrow().decode(source, contextOf())) {
      expect(batch).toHaveLength(1000);
      break;
    }
    expect(read).toBeLessThan(bytes.length / 10);
    expect(closed).toBe(true);
  });

  it("writes a record batch as soon as it is full", async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<unknown[]> {
      for (; ; pulled++) yield [{ a: pulled }];
    }
    let parts = 0;
    for await (const _ of arrow({ batchRows: 100 }).encode(endless(), contextOf({ a: "integer" })))
      if (++parts === 2) break;
    expect(pulled).toBeLessThanOrEqual(101);
  });
});

describe("arrow options", () => {
  it("stand in the format, so that it can be built again", () => {
    expect(arrow().options).toBeUndefined();
    expect(arrow({ batchRows: 5 }).options).toEqual({ batchRows: 5 });
  });

  it.each<Record<string, unknown>[]>([[{ batchRows: 0 }], [{ maxBufferBytes: -1 }]])("%j is refused", (options) => {
    expect(() => arrow(options)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});
