import fc from "fast-check";
import { expect, it } from "vitest";
import { isJson, isJsonObject } from "./json.ts";

it("takes what JSON gives", () => {
  fc.assert(fc.property(fc.json(), (text) => isJson(JSON.parse(text))));
});

it.each([
  undefined,
  Number.NaN,
  1n,
  () => 1,
  Symbol("x"),
  new Date(0),
  new Map(),
  [undefined],
  { a: { b: undefined } },
])("refuses what JSON would lose: %o", (value) => {
  expect(isJson(value)).toBe(false);
  expect(isJson({ a: [value] })).toBe(false);
});

it("refuses a cycle, and takes what stands twice", () => {
  const shared = { a: 1 };
  expect(isJson([shared, shared])).toBe(true);
  const cycle: Record<string, unknown> = {};
  expect(isJson(Object.assign(cycle, { again: [cycle] }))).toBe(false);
});

it("tells objects from the rest", () => {
  expect([{}, { a: 1 }].every(isJsonObject)).toBe(true);
  expect([[], "a", 1, null, new Map()].some(isJsonObject)).toBe(false);
});
