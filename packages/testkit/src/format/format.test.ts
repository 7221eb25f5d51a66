import { bytes, json, ndjson } from "@glacier/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { type RowsFormatCase, rowsCases } from "./rows-cases.ts";
import { type FormatSuiteOptions, testFormat } from "./test-format.ts";
import { brokenRows } from "./testing/broken-rows.ts";
import { brokenValue } from "./testing/broken-value.ts";
import { type ValueFormatCase, valueCases } from "./value-cases.ts";

// A wrong format shall be found out, not its smallest failure.
beforeAll(() => fc.configureGlobal({ endOnFailure: true }));
afterAll(() => fc.resetConfigureGlobal());

describe.each(Object.entries(brokenRows))("rows: %s", (name, broken) => {
  test.each(Object.entries(broken))("sees a format that: %s", async (_, create) => {
    await expect(rowsCases({ create, cutOff: "whole" })[name as RowsFormatCase]()).rejects.toThrow();
  });
});

describe.each(Object.entries(brokenValue))("value: %s", (name, broken) => {
  test.each(Object.entries(broken))("sees a format that: %s", async (_, create) => {
    await expect(valueCases({ create, cutOff: "whole" })[name as ValueFormatCase]()).rejects.toThrow();
  });
});

// Made only where a case asks for it, by then asynchronously too.
testFormat("ndjson, made asynchronously", {
  shape: "rows",
  create: async () => {
    expect(expect.getState().currentTestName).toContain("made asynchronously");
    return ndjson();
  },
  cutOff: "whole",
});

test("a format of another shape than is said is told so", async () => {
  const cases = rowsCases({ create: () => json() as never });
  await expect(cases["gives back no rows"]()).rejects.toThrow('the shape of "json", as `shape`');
});

test("a format too slow for random contents is no format that passes on them", async () => {
  const stuck = { ...json(), decode: () => new Promise(() => {}) };
  const cases = valueCases({ create: () => stuck, timeout: 100 });
  await expect(cases["gives back what was written, however it is cut"]()).rejects.toThrow(/only 0 of 100 .*`timeout`/);
});

test("a format without a codec, one of the other shape and a case that isn't there are type errors", () => {
  // @ts-expect-error bytes have neither rows nor a value
  expectTypeOf({ shape: "rows", create: () => bytes() } as const).toExtend<FormatSuiteOptions>();
  // @ts-expect-error json has a value
  expectTypeOf({ shape: "rows", create: () => json() } as const).toExtend<FormatSuiteOptions>();
  expect(() =>
    testFormat("misspelt", {
      shape: "rows",
      create: () => ndjson(),
      // @ts-expect-error a case that only values have
      skip: { "writes the same bytes each time": "It doesn't." },
    }),
  ).toThrow("writes the same bytes each time");
});
