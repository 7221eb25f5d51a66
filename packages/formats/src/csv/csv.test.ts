import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { inferSchema, initParser } from "udsv";
import { describe, expect, it } from "vitest";
import { anyText, contextOf, decode, encode, failure, sourceOf } from "../testing.ts";
import { csv } from "./csv.ts";

const text = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const chunkLengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe("csv round trip", () => {
  it("gives back any strings without a schema, with any delimiter and names", async () => {
    const rows = fc
      .uniqueArray(
        anyText.filter((name) => name !== "__proto__"),
        { minLength: 1, maxLength: 4 },
      )
      .chain((names) =>
        fc.array(fc.tuple(...names.map(() => anyText)), { minLength: 1 }).map((all) => ({ names, all })),
      );
    await fc.assert(
      fc.asyncProperty(
        rows,
        chunkLengths,
        fc.constantFrom(",", ";", "\t", "|", "^", "é"),
        async ({ names, all }, lengths, delimiter) => {
          const objects = all.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
          const bytes = await encode(csv({ delimiter }), objects);
          expect(await decode(csv({ delimiter }), bytes, contextOf(), lengths)).toStrictEqual(objects);
        },
      ),
    );
  });

  it("reads gzip that it wrote", async () => {
    const format = csv({ compression: "gzip" });
    expect(format.extension).toBe("csv.gz");
    const bytes = await encode(format, [{ a: "1" }]);
    expect([bytes[0], bytes[1]]).toEqual([0x1f, 0x8b]);
    expect(await decode(format, bytes)).toEqual([{ a: "1" }]);
    expect((await failure(decode(format, bytes.subarray(0, -4)))).code).toBe("DECODE_FAILED");
  });
});

describe("csv against others", () => {
  it("reads what udsv reads", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyText, anyText), { minLength: 1 }), async (pairs) => {
        const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
        const file = `a,b\n${pairs.map(([a, b]) => `${quoted(a)},${quoted(b)}\n`).join("")}`;
        const schema = inferSchema(file, { header: () => [["a", "b"]] });
        const peers = initParser(schema).stringObjs(file);
        expect(await decode(csv(), file)).toEqual(peers);
      }),
    ));

  it.each(["airports", "seattle-weather", "birdstrikes", "species", "github", "la-riots"])(
    "reads and writes %s.csv",
    async (name) => {
      const path = createRequire(import.meta.url)
        .resolve("vega-datasets")
        .replace(/vega-datasets\/.*$/s, `vega-datasets/data/${name}.csv`);
      const file = readFileSync(path, "utf8");
      const rows = await decode(csv(), file, contextOf(), [1000]);
      expect(rows).toEqual(initParser(inferSchema(file)).stringObjs(file));
      expect(rows.length).toBeGreaterThan(50);
      expect(await decode(csv(), await encode(csv(), rows))).toStrictEqual(rows);
    },
  );
});

describe("csv decode", () => {
  it.each<[string, string, unknown[]]>([
    ["quotes, escaped quotes, line ends in quotes", 'a,b\n"x ""y""\n,z",2\n', [{ a: 'x "y"\n,z', b: "2" }]],
    ["a BOM", "\uFEFFa,b\n1,2\n", [{ a: "1", b: "2" }]],
    ["a BOM before a quote", '\uFEFF"a",b\n1,2\n', [{ a: "1", b: "2" }]],
    [
      "CRLF",
      'a,b\r\n1,2\r\n"3","4"\r\n',
      [
        { a: "1", b: "2" },
        { a: "3", b: "4" },
      ],
    ],
    ["no line end at the end", "a,b\n1,2", [{ a: "1", b: "2" }]],
    ["a quote at the end", 'a,b\n1,"2"', [{ a: "1", b: "2" }]],
    ["an empty last field", "a,b\n1,", [{ a: "1", b: "" }]],
    ["blank lines", "\n\r\na,b\n\n1,2\n\r\n\n", [{ a: "1", b: "2" }]],
    ["a quote inside of an unquoted field", 'a,b\n5"6,2\n', [{ a: '5"6', b: "2" }]],
    ["an empty file", "", []],
    ["a header only", "a,b", []],
    ["line ends only", "\n\n", []],
    ["one column, where a blank line is a row", "a\n1\n\n2\n", [{ a: "1" }, { a: "" }, { a: "2" }]],
    ["names of Object.prototype", "toString,constructor\n1,2\n", [{ toString: "1", constructor: "2" }]],
  ])("takes %s", async (_, file, rows) => {
    for (const lengths of [[65_536], [1], [2, 3]])
      expect(await decode(csv(), file, contextOf(), lengths)).toStrictEqual(rows);
  });

  it.each<[string, string, { code: string; line: number; message?: string }]>([
    [
      "a row too short",
      "a,b,c\n1,2,3\n4,5\n",
      { code: "DECODE_FAILED", line: 3, message: "2 fields where the header has 3" },
    ],
    ["a row too long", 'a,b\n"x\ny",2\n4,5,6\n', { code: "DECODE_FAILED", line: 4, message: "more than 2" }],
    [
      "a quote never closed, by its line",
      'a,b\n1,2\n3,"4\n5,6\n',
      { code: "DECODE_FAILED", line: 3, message: "never closed" },
    ],
    [
      "text after a closing quote",
      'a,b\n1,"2"x\n',
      { code: "DECODE_FAILED", line: 2, message: "after a closing quote" },
    ],
    ["a column twice", "a,b,a\n1,2,3\n", { code: "DECODE_FAILED", line: 1, message: '"a" is there twice' }],
    ["a column named __proto__", "__proto__\n1\n", { code: "DECODE_FAILED", line: 1 }],
  ])("refuses %s", async (_, file, expected) => {
    for (const lengths of [[65_536], [1]]) {
      const error = await failure(decode(csv(), file, contextOf(), lengths));
      expect(error).toMatchObject({ ...expected, message: expect.stringContaining(expected.message ?? "") });
      expect(error.message).toContain(`dataset "things", line ${expected.line}: `);
    }
  });

  it("refuses bytes that are not UTF-8, by their line", async () => {
    const bytes = new Uint8Array([
      ...new TextEncoder().encode('a,b\n1,"é\n'),
      0xe9,
      ...new TextEncoder().encode('",3\n4,5\n'),
    ]);
    for (const lengths of [[65_536], [1], [5]]) {
      expect(await failure(decode(csv(), bytes, contextOf(), lengths))).toMatchObject({
        code: "DECODE_FAILED",
        line: 3,
      });
    }
  });

  it("never lets another error out, wherever a file is cut off", async () => {
    const file = new TextEncoder().encode('a,"b ""é"""\r\n1,"x\r\ny"\r\n"🐧",3\r\n');
    const whole = await decode(csv(), file);
    for (let length = 0; length < file.length; length++) {
      const rows = await decode(csv(), file.subarray(0, length)).catch((error: { code?: string }) => error.code);
      if (!Array.isArray(rows)) expect(rows).toBe("DECODE_FAILED");
      else expect(rows.length).toBeLessThanOrEqual(whole.length);
    }
  });

  it("refuses a row longer than maxRowBytes without keeping more", async () => {
    let pulled = 0;
    const endless = {
      async *stream() {
        yield new TextEncoder().encode('a,b\n1,"');
        for (; ; pulled += 1000) yield new Uint8Array(1000).fill(pulled % 3000 === 0 ? 0x0a : 0x78);
      },
    };
    const run = async (): Promise<void> => {
      for await (const rows of csv({ maxRowBytes: 50_000 }).decode(endless, contextOf())) expect(rows).toEqual([]);
    };
    expect(await failure(run())).toMatchObject({ code: "ROW_TOO_LARGE", line: 2 });
    expect(pulled).toBeLessThanOrEqual(51_000);
  });

  it("measures whole rows in bytes", async () => {
    const format = csv({ maxRowBytes: 10 });
    expect(await decode(format, "a,b\néé,éé\n")).toHaveLength(1);
    expect(await failure(decode(format, "a,b\n1,2\néé,ééé\n"))).toMatchObject({ code: "ROW_TOO_LARGE", line: 3 });
  });

  it("lets a block go whose fields are kept", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const block = new TextEncoder().encode(`${"a field of some length,and another\n".repeat(7000)}`);
    const source = {
      async *stream() {
        yield new TextEncoder().encode("a,b\n");
        for (let i = 0; i < 200; i++) yield block;
      },
    };
    collect();
    const before = process.memoryUsage().heapUsed;
    const kept: unknown[] = [];
    for await (const rows of csv().decode(source, contextOf())) kept.push((rows[0] as { a: string }).a);
    collect();
    expect(kept).toHaveLength(200);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(block.length * 50);
  });

  it("gives small batches of one large chunk", async () => {
    const source = sourceOf(`a\n${"1\n".repeat(500_000)}`, [Number.MAX_SAFE_INTEGER]);
    let rows = 0;
    for await (const batch of csv().decode(source, contextOf())) {
      expect(batch.length).toBeLessThanOrEqual(131_072);
      rows += batch.length;
    }
    expect(rows).toBe(500_000);
  });
});

describe("csv columns", () => {
  const one = async (type: Parameters<typeof contextOf>[0], cell: string): Promise<unknown> => {
    const [row] = (await decode(csv(), `x,y\n${cell},\n`, contextOf(type))) as { x: unknown }[];
    return row?.x;
  };

  it.each<[string, string, unknown]>([
    ["number", "12", 12],
    ["number", "-0.25", -0.25],
    ["number", "1e-7", 1e-7],
    ["number", "+5", 5],
    ["number", '"12"', 12],
    ["number", "NaN", Number.NaN],
    ["number", "9007199254740993", "9007199254740993"],
    ["number", "123456789012345680000", 123456789012345680000],
    ["number", "0x10", "0x10"],
    ["number", " 1", " 1"],
    ["number", "-", "-"],
    ["number", ".", "."],
    ["number", "1.2.3", "1.2.3"],
    ["integer", "12.0", 12],
    ["integer", "12.5", "12.5"],
    ["integer", "Infinity", "Infinity"],
    ["bigint", "9007199254740993", 9007199254740993n],
    ["bigint", "1.5", "1.5"],
    ["boolean", "true", true],
    ["boolean", "false", false],
    ["boolean", "1", "1"],
    ["date", "2024-02-29", new Date("2024-02-29T00:00:00Z")],
    ["date", "2023-02-29", "2023-02-29"],
    ["date", "2024-01-02T03:04", new Date("2024-01-02T03:04:00Z")],
    ["date", "2024-01-02 03:04:05.678901+02:00", new Date("2024-01-02T01:04:05.678Z")],
    ["date", "2024-01-02T03:04:05-0130", new Date("2024-01-02T04:34:05Z")],
    ["date", "2024-01-02T25:00", "2024-01-02T25:00"],
    ["date", "yesterday", "yesterday"],
    ["json", '"{""a"":[1]}"', { a: [1] }],
    ["json", "{", "{"],
    ["unknown", "12", "12"],
    ["string", "12", "12"],
  ])("%s reads %s", async (type, cell, value) => {
    expect(await one({ x: type as "number" }, cell)).toEqual(value);
  });

  it("reads every number as Number() does", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.double({ noNaN: true }), fc.float({ noNaN: true }), fc.integer()),
        async (number) => {
          expect(await one({ x: "number" }, Object.is(number, -0) ? "-0" : String(number))).toBe(number);
        },
      ),
    ));

  it("tells empty from null from missing", async () => {
    const column = (name: string, nullable: boolean, optional: boolean) => ({
      name,
      type: "string" as const,
      nullable,
      optional,
    });
    const context = {
      dataset: "things",
      columns: [column("nullable", true, true), column("optional", false, true), column("required", false, false)],
    };
    const file = 'nullable,optional,required\n,,\n"","",""\n';
    expect(await decode(csv(), file, context)).toEqual([
      { nullable: null, required: "" },
      { nullable: "", optional: "", required: "" },
    ]);
  });
});

describe("csv encode", () => {
  it("quotes no more than it must", async () => {
    const rows = [
      { a: 'x "y"', b: "plain text", c: "p,q" },
      { a: "", b: null, c: undefined },
      { a: "\uFEFFx", b: "l\nm", c: "r\r" },
    ];
    expect(text(await encode(csv(), rows))).toBe('a,b,c\n"x ""y""",plain text,"p,q"\n"",,\n"\uFEFFx","l\nm","r\r"\n');
  });

  it("takes its columns from the schema, else from the first row, else from the header option", async () => {
    expect(text(await encode(csv(), [{ b: 1 }], contextOf({ a: "string?", b: "number" })))).toBe("a,b\n,1\n");
    expect(text(await encode(csv(), [], contextOf({ a: "string?", b: "number" })))).toBe("a,b\n");
    expect(text(await encode(csv(), []))).toBe("");
    const headless = csv({ header: ["b", "a"] });
    expect(text(await encode(headless, [{ a: 1, b: 2 }]))).toBe("2,1\n");
    expect(await decode(headless, "2,1\n")).toEqual([{ a: "1", b: "2" }]);
  });

  it("writes dates, nested values, bigints and -0", async () => {
    const row = { at: new Date(0), list: [1, "a"], big: 2n ** 70n, zero: -0, yes: true };
    expect(text(await encode(csv(), [row]))).toBe(
      'at,list,big,zero,yes\n1970-01-01T00:00:00.000Z,"[1,""a""]",1180591620717411303424,-0,true\n',
    );
  });

  it.each<[string, unknown[], number, string]>([
    ["a key that no column has", [{ a: 1 }, { a: 2, b: 3 }], 2, '"b"'],
    ["a row that is no object", [{ a: 1 }, [1]], 2, "an array"],
    ["an invalid date", [{ a: new Date(Number.NaN) }], 1, "invalid Date"],
    ["a function", [{ a: () => 1 }], 1, "function"],
    ["half a surrogate pair", [{ a: "\ud800" }], 1, "surrogate"],
    ["a bigint in an object", [{ a: { b: 1n } }], 1, "BigInt"],
  ])("refuses %s", async (_, rows, row, message) => {
    const error = await failure(encode(csv(), rows));
    expect(error).toMatchObject({ code: "ENCODE_FAILED", row, message: expect.stringContaining(message) });
  });

  it("refuses rows without columns", async () => {
    expect((await failure(encode(csv(), [{}]))).code).toBe("ENCODE_FAILED");
  });
});

describe("csv options", () => {
  it("stand in the format, so that it can be built again", () => {
    expect(csv().options).toBeUndefined();
    expect(csv({ delimiter: ";", header: ["a"], maxRowBytes: 5 }).options).toEqual({
      delimiter: ";",
      header: ["a"],
      maxRowBytes: 5,
    });
    expect(csv({ compression: "gzip" }).options).toEqual({ compression: "gzip" });
  });

  it.each<Record<string, unknown>[]>([
    [{ delimiter: ";;" }],
    [{ delimiter: '"' }],
    [{ delimiter: "\n" }],
    [{ header: [] }],
    [{ header: ["a", "a"] }],
    [{ maxRowBytes: 0 }],
    [{ maxRowBytes: 2 ** 40 }],
    [{ compression: "zip" }],
  ])("%j is refused", (options) => {
    expect(() => csv(options)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});
