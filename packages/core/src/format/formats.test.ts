import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes, file, type GlacierError, json, ndjson, type RowsFormat, text, withGzip } from "../index.ts";
import { concat, readAll } from "../stream/bytes.ts";

const context = { dataset: "d" };
const utf8 = (value: string) => new TextEncoder().encode(value);

/** The bytes in pieces that end at these places. */
function sourceOf(whole: Uint8Array, cuts: readonly number[] = []) {
  const places = [0, ...new Set(cuts.map((cut) => (whole.length === 0 ? 0 : cut % whole.length))), whole.length].sort(
    (a, b) => a - b,
  );
  return {
    async *stream() {
      for (let i = 0; i + 1 < places.length; i++) {
        yield whole.subarray(places[i], places[i + 1]);
      }
    },
  };
}

async function* batchesOf(rows: readonly unknown[], size = 3): AsyncGenerator<unknown[]> {
  for (let i = 0; i < rows.length; i += size) yield rows.slice(i, i + size);
}

async function rowsIn(format: RowsFormat, whole: Uint8Array, cuts?: readonly number[]): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const batch of format.decode(sourceOf(whole, cuts), context)) rows.push(...batch);
  return rows;
}

const failure = (promise: Promise<unknown>): Promise<GlacierError> =>
  promise.then(
    () => Promise.reject(new Error("it should fail")),
    (error: GlacierError) => error,
  );

const cuts = fc.array(fc.nat(), { maxLength: 20 });
const jsonValue = fc.jsonValue({ stringUnit: "binary", noUnicodeString: false } as never);

describe("json", () => {
  it("is JSON to others", async () => {
    await fc.assert(
      fc.asyncProperty(jsonValue, async (value) => {
        const whole = await readAll(json().encode(value, context));
        expect(JSON.parse(new TextDecoder().decode(whole))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each<[string, string, object]>([
    ["nothing", "", { code: "DECODE_FAILED", message: expect.stringContaining("is empty") }],
    ["half a document", '{"a": [1,\n2', { code: "DECODE_FAILED", context: { dataset: "d", line: 2 } }],
    ["no document", '{\n"a": oops}', { code: "DECODE_FAILED", context: { dataset: "d" } }],
  ])("refuses %s and says where", async (_, input, error) => {
    expect(await failure(json().decode(sourceOf(utf8(input)), context))).toMatchObject(error);
  });

  it("refuses bytes that are not UTF-8, with the line", async () => {
    const whole = concat([utf8('{\n"a": "'), new Uint8Array([0xff]), utf8('"}')]);
    expect(await failure(json().decode(sourceOf(whole), context))).toMatchObject({
      code: "DECODE_FAILED",
      context: { line: 2 },
    });
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each<[string, unknown]>([
    ["a bigint", { n: 1n }],
    ["a cycle", cyclic],
    ["undefined", undefined],
    ["a function", () => 1],
    ["a function in an array", [() => 1]],
  ])("refuses to write %s", async (_, value) => {
    expect(await failure(readAll(json().encode(value, context)))).toMatchObject({ code: "ENCODE_FAILED" });
  });
});

describe("ndjson", () => {
  it("takes and refuses exactly what parsing line by line does", async () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        "\r\n",
        '"',
        '{"a":1}',
        '{"a":[{}',
        "{}]}",
        "{}",
        " ",
        "1",
        "\n\n",
      ),
      jsonValue.map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fragment), cuts, async (parts, places) => {
        const input = parts.join("");
        let expected: unknown[] | undefined;
        try {
          expected = input
            .split("\n")
            .filter((line) => line.trim() !== "")
            .map((line) => JSON.parse(line));
        } catch {
          expected = undefined;
        }
        const found = await rowsIn(ndjson(), utf8(input), places).catch((error: GlacierError) => {
          expect(error.code).toBe("DECODE_FAILED");
          return undefined;
        });
        expect(found).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes a BOM, CRLF, blank lines, and no line end at the end", async () => {
    expect(await rowsIn(ndjson(), utf8('\ufeff{"a":1}\r\n\r\n\n{"a":2}'), [1, 2, 9])).toEqual([{ a: 1 }, { a: 2 }]);
    expect(await rowsIn(ndjson(), utf8(""))).toEqual([]);
  });

  it("says in which line something is wrong, whatever the pieces", async () => {
    const whole = utf8('{"a":1}\n{"a":2}\n\n{"a":3\n{"a":4}\n');
    for (let cut = 0; cut < whole.length; cut++) {
      expect(await failure(rowsIn(ndjson(), whole, [cut]))).toMatchObject({
        code: "DECODE_FAILED",
        context: { line: 4 },
      });
    }
    const latin1 = concat([utf8('{"a":1}\n{"a":"'), new Uint8Array([0xe4]), utf8('"}\n')]);
    expect(await failure(rowsIn(ndjson(), latin1))).toMatchObject({ code: "DECODE_FAILED", context: { line: 2 } });
  });

  it("refuses a row that is too large before it has read all of it", async () => {
    const chunk = utf8("x".repeat(1024));
    let pulled = 0;
    const endless = {
      async *stream() {
        yield utf8('{"a":1}\n"');
        for (;;) {
          pulled++;
          yield chunk;
        }
      },
    };
    const read = async () => {
      for await (const _ of ndjson({ maxRowBytes: 10_000 }).decode(endless, context));
    };
    expect(await failure(read())).toMatchObject({ code: "ROW_TOO_LARGE", context: { line: 2 } });
    expect(pulled).toBeLessThan(12);
  });
});

describe("text", () => {
  it("writes strings only", async () => {
    expect(await failure(readAll(text().encode(1, context)))).toMatchObject({ code: "ENCODE_FAILED" });
  });
});

describe("gzip", () => {
  const packed = ndjson({ compression: "gzip" });

  it("is real gzip, with the extension, and the same bytes each time", async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ i }));
    const whole = await readAll(packed.encode(batchesOf(rows), context));
    expect(gunzipSync(whole).toString()).toBe(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect(await readAll(packed.encode(batchesOf(rows), context))).toEqual(whole);
    expect(await rowsIn(packed, whole, [1, 7, 100])).toEqual(rows);
    expect(packed).toMatchObject({ extension: "ndjson.gz", options: { compression: "gzip" } });
    expect(json({ compression: "gzip" }).extension).toBe("json.gz");
  });

  it("refuses a stream whose checksum is wrong, or that is no gzip", async () => {
    const whole = new Uint8Array(gzipSync('{"a":1}\n{"a":2}\n'));
    const damaged = whole.slice();
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 0xff;
    expect(await failure(rowsIn(packed, damaged))).toMatchObject({ code: "DECODE_FAILED" });
    expect(await failure(rowsIn(packed, utf8('{"a":1}\n')))).toMatchObject({ code: "DECODE_FAILED" });
  });

  it("refuses other compressions", () => {
    expect(() => json({ compression: "brotli" as "gzip" })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
    expect(() => ndjson({ maxRowBytes: 0 })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});

it("bytes and files say what they are", () => {
  expect(bytes()).toMatchObject({ shape: "bytes", extension: "bin" });
  expect(file({ extension: "duckdb" })).toMatchObject({ shape: "file", extension: "duckdb" });
  expect(withGzip(text()).contentType).toBe("application/gzip");
});
