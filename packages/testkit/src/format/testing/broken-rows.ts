import { type ByteSource, type CodecContext, GlacierError, ndjson, type RowsFormat } from "@glacier/core";
import { batchesOf, joined, rowsIn } from "../io.ts";
import type { RowsFormatCase } from "../rows-cases.ts";
import { decodeFailed, mapped } from "./mutate.ts";

const honest = ndjson();
const quiet = new AbortController().signal;

/** For each case the mistakes that it must see, by what they are. */
export const brokenRows: Readonly<Record<RowsFormatCase, Readonly<Record<string, () => RowsFormat>>>> = {
  "gives back what was written, however it is batched and cut": {
    "loses a byte order mark": rows({
      decode: (source, context) =>
        mapped(honest.decode(source, context), (batch) =>
          batch.map((row) => JSON.parse(JSON.stringify(row).replaceAll("\uFEFF", ""))),
        ),
    }),
    "decodes chunk by chunk": rows({
      async *decode(source, context) {
        for await (const chunk of source.stream())
          yield await rowsIn(
            honest,
            { stream: () => mapped(batchesOf([chunk], [1]), ([one]) => one as Uint8Array) },
            context,
          );
      },
    }),
  },
  "gives back no rows": {
    "needs a row": rows({
      async *decode(source, context) {
        const all = await rowsIn(honest, source, context);
        if (all.length === 0) throw decodeFailed("it is empty", context);
        yield all;
      },
    }),
  },
  "writes the same bytes each time, however rows are batched": {
    "writes its batches": rows({
      async *encode(batches, context) {
        for await (const batch of batches) {
          yield* honest.encode(batchesOf(batch), context);
          yield new Uint8Array([10]);
        }
      },
    }),
    "draws lots": rows({
      encode: (batches, context) =>
        mapped(honest.encode(batches, context), (bytes) =>
          Math.random() < 0.5 ? bytes : new Uint8Array([10, ...bytes]),
        ),
    }),
  },
  "a registry builds it again": {
    "doesn't say its options": () => {
      const { options: _, ...format } = ndjson({ compression: "gzip" });
      return format;
    },
    "has options that are no JSON": rows({ options: { at: new Date(0) as never } }),
  },
  "a file that is cut off gives no wrong row": {
    "makes something of a cut row": rows({ decode: lenient }),
    "gives rows twice": rows({
      decode: (source, context) => mapped(honest.decode(source, context), (batch) => [...batch, ...batch]),
    }),
  },
  "damaged files give no error but the format's own": {
    "lets others' errors out": failing(() => new SyntaxError("Unexpected token")),
    "has an error of another code": failing(
      (_, { dataset }) => new GlacierError("INTERNAL", { message: dataset, hint: "?" }),
    ),
    "doesn't say where": failing((_, context) => decodeFailed("no", { ...context, dataset: "?" })),
  },
  "no error tells what the data is": {
    "tells what it read": rows({
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
  },
  "what can't be written is refused by its row": {
    "writes what it can't": rows({
      encode: (batches, context) =>
        honest.encode(
          mapped(batches, (batch) => batch.filter((row) => typeof row !== "function")),
          context,
        ),
    }),
    "doesn't count": rows({
      async *encode(batches, context) {
        for await (const batch of batches) yield* honest.encode(batchesOf(batch), context);
      },
    }),
  },
  "errors of the source pass as they are": {
    "wraps errors of the source": failing((_, context) => decodeFailed("no", context)),
  },
  "errors of the rows pass as they are": {
    "wraps errors of the rows": rows({
      async *encode(batches, context) {
        try {
          yield* honest.encode(batches, context);
        } catch (cause) {
          throw new Error("it can't be written", { cause });
        }
      },
    }),
  },
  "an aborted signal ends reading": {
    "reads on after an abort": rows({
      decode: (source, context) => honest.decode(source, { ...context, signal: quiet }),
    }),
  },
  "an aborted signal ends writing": {
    "writes on after an abort": rows({
      encode: (batches, context) => honest.encode(batches, { ...context, signal: quiet }),
    }),
  },
  "reads in bounded memory": {
    "reads all first": rows({
      async *decode(source, context) {
        const whole = await joined(source.stream());
        yield* honest.decode({ stream: () => mapped(batchesOf([whole], [1]), ([one]) => one as Uint8Array) }, context);
      },
    }),
    "gives all rows at once": rows({
      async *decode(source, context) {
        yield await rowsIn(honest, source, context);
      },
    }),
  },
  "writes in bounded memory": {
    "writes all at once": rows({
      async *encode(batches, context) {
        yield await joined(honest.encode(batches, context));
      },
    }),
  },
  "whoever stops early lets the source and the rows go": {
    "leaves its source open": rows({
      decode: (source, context) => {
        const iterator = source.stream()[Symbol.asyncIterator]();
        return honest.decode(
          { stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) }) },
          context,
        );
      },
    }),
    "leaves its rows open": rows({
      encode: (batches, context) => {
        const iterator = batches[Symbol.asyncIterator]();
        return honest.encode({ [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) }, context);
      },
    }),
  },
};

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
