import type { Column } from "@glacier/core";
import fc from "fast-check";

/** Well-formed text with everything that a format may trip over. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      "'",
      "\\",
      ",",
      ";",
      "\t",
      "\n",
      "\r",
      "\r\n",
      "\0",
      "\u2028",
      "\uFEFF",
      "é",
      "e\u0301",
      "🐧",
      " ",
      "a",
    ),
  }),
  fc.constantFrom("null", "true", "12", "NaN", "1e5", "-0", "2020-01-01", "{}", "[1]", "undefined", "__proto__"),
);

/** Any JSON value; -0, which JSON has not, as 0. */
export const anyJson: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }).map(throughJson);

const nested = fc.oneof(
  fc.array(anyJson, { maxLength: 4 }),
  fc.dictionary(anyText, anyJson, { maxKeys: 4 }).map((value) => throughJson(value)),
);

/** Rows of these columns; without any, objects of JSON values. */
export function rowsOf(columns: readonly Column[] | undefined): fc.Arbitrary<Record<string, unknown>[]> {
  const row =
    columns === undefined
      ? fc.record({
          text: anyText,
          number: fc.double().map(throughJson),
          flag: fc.boolean(),
          nothing: fc.constant(null),
          nested,
        })
      : rowOf(columns);
  // Plain objects: what fast-check makes has no prototype at times.
  return fc.array(
    row.map((value) => ({ ...value })),
    { maxLength: 20 },
  );
}

function rowOf(columns: readonly Column[]): fc.Arbitrary<Record<string, unknown>> {
  const cells = Object.fromEntries(
    columns.map(({ name, type, nullable }) => [name, nullable ? fc.option(anyCell[type]) : anyCell[type]]),
  );
  const requiredKeys = columns.filter(({ optional }) => !optional).map(({ name }) => name);
  return fc.record(cells, { requiredKeys });
}

const anyCell: Readonly<Record<Column["type"], fc.Arbitrary<unknown>>> = {
  string: anyText,
  number: fc.double(),
  integer: fc.maxSafeInteger(),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  boolean: fc.boolean(),
  date: fc.date({ noInvalidDate: true }),
  json: nested,
  unknown: anyText,
};

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
