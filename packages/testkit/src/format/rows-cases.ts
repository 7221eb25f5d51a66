import type { CodecContext, RowsFormat } from "@glacier/core";
import fc from "fast-check";
import { expect } from "vitest";
import { holds } from "../property.ts";
import type { Cases } from "../suite.ts";
import { rowsOf } from "./arbitraries.ts";
import { readsBounded, sourceIsClosed, writesBounded } from "./bounds.ts";
import { batchesOf, type Codec, dataset, joined, rowsCodec, sourceOf } from "./io.ts";
import {
  abortedReading,
  checkShape,
  cutOffFiles,
  damagedFiles,
  passes,
  payload,
  refused,
  registryBuildsIt,
  type Subject,
  same,
  samples,
  silentErrors,
  sourceErrors,
} from "./shared-cases.ts";
import type { RowsFormatOptions } from "./test-format.ts";

/** Name of a case for a format of rows. */
export type RowsFormatCase =
  | "gives back what was written, however it is batched and cut"
  | "gives back no rows"
  | "writes the same bytes each time, however rows are batched"
  | "a registry builds it again"
  | "a file that is cut off gives no wrong row"
  | "damaged files give no error but the format's own"
  | "no error tells what the data is"
  | "what can't be written is refused by its row"
  | "errors of the source pass as they are"
  | "errors of the rows pass as they are"
  | "an aborted signal ends reading"
  | "an aborted signal ends writing"
  | "reads in bounded memory"
  | "writes in bounded memory"
  | "whoever stops early lets the source and the rows go";

/** The cases, for whoever runs them without registering. */
export function rowsCases(options: Omit<RowsFormatOptions, "skip" | "shape">): Cases<RowsFormatCase> {
  const { columns, cutOff = "fails", providers = [], equals, timeout, maxBuffered = 1024 * 1024 } = options;
  const contents = options.rows ?? rowsOf(columns);
  const context: CodecContext = { dataset, ...(columns !== undefined && { columns }) };
  const codecOf = (format: RowsFormat): Codec => rowsCodec(format, context);
  const subject = async (): Promise<Subject & { format: RowsFormat }> => {
    const format = await options.create();
    checkShape(format, "rows");
    return { format, codec: codecOf(format), contents, providers, equals, timeout };
  };
  const someRows = (): unknown[] =>
    samples(contents, 100)
      .find((rows) => rows.length > 2)
      ?.slice() ?? [];
  const marked = (): unknown[] => {
    const text = `${payload} ${payload}`;
    const row = Object.fromEntries((columns ?? []).map(({ name, type }) => [name, markedCells[type]]));
    return Array.from({ length: 5 }, () => (columns === undefined ? { text, other: payload } : { ...row }));
  };
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  return {
    "gives back what was written, however it is batched and cut": async () => {
      const { format, codec } = await subject();
      const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 30 });
      await holds(
        fc.asyncProperty(contents, lengths, cuts, fc.boolean(), async (rows, batches, places, ranges) => {
          const bytes = await joined(format.encode(batchesOf(rows, batches), context));
          same(options, await codec.decode(sourceOf(bytes, places, ranges)), rows);
        }),
        { timeout },
      );
    },
    "gives back no rows": async () => {
      const { format, codec } = await subject();
      for (const batches of [[], [[]], [[], []]]) {
        const bytes = await joined(format.encode(iterate(batches), context));
        for (const ranges of [true, false]) expect(await codec.decode(sourceOf(bytes, [], ranges))).toEqual([]);
      }
    },
    "writes the same bytes each time, however rows are batched": async () => {
      const [one, other] = [(await subject()).format, (await subject()).format];
      await holds(
        fc.asyncProperty(contents, lengths, lengths, async (rows, first, second) => {
          const bytes = await joined(one.encode(batchesOf(rows, first), context));
          expect(await joined(other.encode(batchesOf(rows, second), context))).toEqual(bytes);
        }),
        { timeout },
      );
    },
    "a registry builds it again": async () => registryBuildsIt(await subject(), codecOf),
    "a file that is cut off gives no wrong row": async () =>
      cutOffFiles(await subject(), (outcome, written) => {
        if ("error" in outcome) return;
        expect(cutOff, "it gives rows").not.toBe("fails");
        const rows = outcome.content as unknown[];
        const sure = cutOff === "anything" ? rows.slice(0, -1) : rows;
        expect(rows.length).toBeLessThanOrEqual((written as unknown[]).length);
        same(options, sure, (written as unknown[]).slice(0, sure.length));
      }),
    "damaged files give no error but the format's own": async () => damagedFiles(await subject()),
    "no error tells what the data is": async () => silentErrors(await subject(), marked()),
    "what can't be written is refused by its row": async () => {
      const rows = someRows();
      const { context: where } = await refused((await subject()).codec.encode([...rows, () => payload, ...rows]));
      expect(where.row).toBe(rows.length + 1);
    },
    "errors of the source pass as they are": async () => sourceErrors(await subject()),
    "errors of the rows pass as they are": async () => {
      const lost = new RangeError("the rows are gone");
      for (const before of [[], someRows()]) {
        const rows = async function* (): AsyncGenerator<unknown[]> {
          if (before.length > 0) yield before;
          throw lost;
        };
        await passes(joined((await subject()).format.encode(rows(), context)), lost);
      }
    },
    "an aborted signal ends reading": async () => abortedReading(await subject()),
    "an aborted signal ends writing": async () => {
      const reason = new Error("cancelled");
      const rows = someRows();
      const endless = async function* (abort: () => void): AsyncGenerator<unknown[]> {
        for (let batch = 0; batch < 100; batch++) {
          if (batch === 3) abort();
          yield rows;
        }
        throw new Error("it goes on writing after an abort");
      };
      for (const before of [true, false]) {
        const controller = new AbortController();
        if (before) controller.abort(reason);
        const encoded = (await subject()).format.encode(
          endless(() => controller.abort(reason)),
          {
            ...context,
            signal: controller.signal,
          },
        );
        await passes(joined(encoded), reason);
      }
    },
    "reads in bounded memory": async () => readsBounded(await subject(), context, maxBuffered),
    "writes in bounded memory": async () => writesBounded(await subject(), context, maxBuffered),
    "whoever stops early lets the source and the rows go": async () =>
      sourceIsClosed(await subject(), context, maxBuffered),
  };
}

const markedCells: Readonly<Record<string, unknown>> = {
  string: `${payload} ${payload}`,
  number: 0.5,
  integer: 7,
  bigint: 7n,
  boolean: true,
  date: new Date(0),
  json: { nested: [payload] },
  unknown: payload,
};

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
