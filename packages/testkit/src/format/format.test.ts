import {
  type ByteSource,
  bytes,
  type CodecContext,
  GlacierError,
  json,
  ndjson,
  type RowsFormat,
  type ValueFormat,
} from "@glacier/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { batchesOf, joined, rowsIn } from "./io.ts";
import { type RowsFormatCase, rowsCases } from "./rows-cases.ts";
import { type FormatSuiteOptions, type RowsFormatOptions, testFormat } from "./test-format.ts";
import { type ValueFormatCase, valueCases } from "./value-cases.ts";

// A wrong format shall be found out, not its smallest failure.
beforeAll(() => fc.configureGlobal({ endOnFailure: true }));
afterAll(() => fc.resetConfigureGlobal());

const honest = ndjson();

/** ndjson, but for what is said. */
function rows(change: Partial<RowsFormat>): () => RowsFormat {
  return () => ({ ...honest, ...change });
}

/** ndjson whose decoder's errors are made into others. */
function failing(change: (error: unknown, context: CodecContext) => unknown): () => RowsFormat {
  return rows({
    async *decode(source, context) {
      try {
        yield* honest.decode(source, context);
      } catch (error) {
        throw change(error, context);
      }
    },
  });
}

async function* mapped<T, R>(items: AsyncIterable<T>, map: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield map(item);
}

function decodeFailed(message: string, { dataset }: CodecContext): GlacierError {
  return new GlacierError("DECODE_FAILED", { message: `dataset "${dataset}": ${message}`, hint: "Write it again." });
}

/** Whole lines as they come, and what can be made of a last one that isn't whole. */
async function* lenient(source: ByteSource): AsyncGenerator<unknown[]> {
  const lines = new TextDecoder().decode(await joined(source.stream())).split("\n");
  for (const line of lines.filter((one) => one !== "")) {
    try {
      yield [JSON.parse(line)];
    } catch {
      yield [{ text: line }];
    }
  }
}

describe("a format of rows that is wrong is found out", () => {
  const quiet = new AbortController().signal;
  test.each<[string, RowsFormatCase, () => RowsFormat]>([
    [
      "loses a byte order mark",
      "gives back what was written, however it is batched and cut",
      rows({
        decode: (source, context) =>
          mapped(honest.decode(source, context), (batch) =>
            batch.map((row) => JSON.parse(JSON.stringify(row).replaceAll("\uFEFF", ""))),
          ),
      }),
    ],
    [
      "decodes chunk by chunk",
      "gives back what was written, however it is batched and cut",
      rows({
        async *decode(source, context) {
          for await (const chunk of source.stream())
            yield await rowsIn(
              honest,
              { stream: () => mapped(batchesOf([chunk], [1]), ([one]) => one as Uint8Array) },
              context,
            );
        },
      }),
    ],
    [
      "needs a row",
      "gives back no rows",
      rows({
        async *decode(source, context) {
          const all = await rowsIn(honest, source, context);
          if (all.length === 0) throw decodeFailed("it is empty", context);
          yield all;
        },
      }),
    ],
    [
      "writes its batches",
      "writes the same bytes each time, however rows are batched",
      rows({
        async *encode(batches, context) {
          for await (const batch of batches) {
            yield* honest.encode(batchesOf(batch), context);
            yield new Uint8Array([10]);
          }
        },
      }),
    ],
    [
      "draws lots",
      "writes the same bytes each time, however rows are batched",
      rows({
        encode: (batches, context) =>
          mapped(honest.encode(batches, context), (bytes) =>
            Math.random() < 0.5 ? bytes : new Uint8Array([10, ...bytes]),
          ),
      }),
    ],
    [
      "doesn't say its options",
      "a registry builds it again",
      () => {
        const { options: _, ...format } = ndjson({ compression: "gzip" });
        return format;
      },
    ],
    ["has options that are no JSON", "a registry builds it again", rows({ options: { at: new Date(0) as never } })],
    ["makes something of a cut row", "a file that is cut off gives no wrong row", rows({ decode: lenient })],
    [
      "gives rows twice",
      "a file that is cut off gives no wrong row",
      rows({ decode: (source, context) => mapped(honest.decode(source, context), (batch) => [...batch, ...batch]) }),
    ],
    [
      "lets others' errors out",
      "damaged files give no error but the format's own",
      failing(() => new SyntaxError("Unexpected token")),
    ],
    [
      "has an error of another code",
      "damaged files give no error but the format's own",
      failing((_, { dataset }) => new GlacierError("INTERNAL", { message: dataset, hint: "?" })),
    ],
    [
      "doesn't say where",
      "damaged files give no error but the format's own",
      failing((_, context) => decodeFailed("no", { ...context, dataset: "?" })),
    ],
    [
      "tells what it read",
      "no error tells what the data is",
      rows({
        async *decode(source, context) {
          const text = new TextDecoder().decode(await joined(source.stream()));
          for (const line of text.trimEnd().split("\n")) {
            try {
              yield [JSON.parse(line)];
            } catch {
              throw decodeFailed(line, context);
            }
          }
        },
      }),
    ],
    [
      "writes what it can't",
      "what can't be written is refused by its row",
      rows({
        encode: (batches, context) =>
          honest.encode(
            mapped(batches, (batch) => batch.filter((row) => typeof row !== "function")),
            context,
          ),
      }),
    ],
    [
      "doesn't count",
      "what can't be written is refused by its row",
      rows({
        async *encode(batches, context) {
          for await (const batch of batches) yield* honest.encode(batchesOf(batch), context);
        },
      }),
    ],
    [
      "wraps errors of the source",
      "errors of the source pass as they are",
      failing((_, context) => decodeFailed("no", context)),
    ],
    [
      "wraps errors of the rows",
      "errors of the rows pass as they are",
      rows({
        async *encode(batches, context) {
          try {
            yield* honest.encode(batches, context);
          } catch (cause) {
            throw new Error("it can't be written", { cause });
          }
        },
      }),
    ],
    [
      "reads on after an abort",
      "an aborted signal ends reading",
      rows({ decode: (source, context) => honest.decode(source, { ...context, signal: quiet }) }),
    ],
    [
      "writes on after an abort",
      "an aborted signal ends writing",
      rows({ encode: (batches, context) => honest.encode(batches, { ...context, signal: quiet }) }),
    ],
    [
      "reads all first",
      "reads in bounded memory",
      rows({
        async *decode(source, context) {
          const whole = await joined(source.stream());
          yield* honest.decode(
            { stream: () => mapped(batchesOf([whole], [1]), ([one]) => one as Uint8Array) },
            context,
          );
        },
      }),
    ],
    [
      "gives all rows at once",
      "reads in bounded memory",
      rows({
        async *decode(source, context) {
          yield await rowsIn(honest, source, context);
        },
      }),
    ],
    [
      "writes all at once",
      "writes in bounded memory",
      rows({
        async *encode(batches, context) {
          yield await joined(honest.encode(batches, context));
        },
      }),
    ],
    [
      "leaves its source open",
      "whoever stops early lets the source and the rows go",
      rows({
        decode: (source, context) => {
          const iterator = source.stream()[Symbol.asyncIterator]();
          return honest.decode(
            { stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) }) },
            context,
          );
        },
      }),
    ],
    [
      "leaves its rows open",
      "whoever stops early lets the source and the rows go",
      rows({
        encode: (batches, context) => {
          const iterator = batches[Symbol.asyncIterator]();
          return honest.encode({ [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) }, context);
        },
      }),
    ],
  ])("one that %s fails: %s", async (_, name, create) => {
    await expect(rowsCases({ create, cutOff: "whole" })[name]()).rejects.toThrow();
  });
});

describe("a format of one value that is wrong is found out", () => {
  const plain = json();
  const value = (change: Partial<ValueFormat>) => (): ValueFormat => ({ ...plain, ...change });
  test.each<[string, ValueFormatCase, () => ValueFormat]>([
    [
      "sorts",
      "gives back what was written, however it is cut",
      value({
        decode: async (source, context) => {
          const found = await plain.decode(source, context);
          return Array.isArray(found) ? found.sort() : found;
        },
      }),
    ],
    [
      "draws lots",
      "writes the same bytes each time",
      value({
        encode: (content, context) =>
          mapped(plain.encode(content, context), (bytes) =>
            Math.random() < 0.5 ? bytes : new Uint8Array([...bytes, 10]),
          ),
      }),
    ],
    ["has a name that no provider brings", "a registry builds it again", value({ name: "jsonx" })],
    [
      "mends what is cut",
      "a file that is cut off is found out",
      value({ decode: (source, context) => plain.decode(source, context).catch(() => null) }),
    ],
    [
      "lets others' errors out",
      "damaged files give no error but the format's own",
      value({ decode: async (source) => JSON.parse(new TextDecoder().decode(await joined(source.stream()))) }),
    ],
    [
      "writes null for what it can't",
      "what can't be written is refused",
      value({ encode: (content, context) => plain.encode(typeof content === "function" ? null : content, context) }),
    ],
    [
      "wraps errors of the source",
      "errors of the source pass as they are",
      value({
        decode: (source, context) =>
          plain.decode(source, context).catch(() => {
            throw decodeFailed("no", context);
          }),
      }),
    ],
    [
      "reads on after an abort",
      "an aborted signal ends reading",
      value({ decode: (source, { signal: _, ...context }) => plain.decode(source, context) }),
    ],
    [
      "tells what it read",
      "no error tells what the data is",
      value({
        async decode(source, context) {
          const text = new TextDecoder().decode(await joined(source.stream()));
          try {
            return JSON.parse(text);
          } catch {
            throw decodeFailed(text, context);
          }
        },
      }),
    ],
  ])("one that %s fails: %s", async (_, name, create) => {
    await expect(valueCases({ create, cutOff: "whole" })[name]()).rejects.toThrow();
  });
});

test("a format without a codec and a case that isn't there are type errors", () => {
  // @ts-expect-error bytes have neither rows nor a value
  expectTypeOf({ create: () => bytes() }).toExtend<FormatSuiteOptions>();
  // @ts-expect-error there is no such case
  const misspelt: NonNullable<RowsFormatOptions["skip"]> = { "reads fast": "It doesn't." };
  expect(() => testFormat("misspelt", { create: () => honest, skip: misspelt })).toThrow("reads fast");
});
