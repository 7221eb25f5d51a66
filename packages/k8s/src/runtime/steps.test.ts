import { expect, it } from "vitest";
import { inertJson } from "../deployment.ts";
import { failureOf, paramsOf } from "./steps.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const failure = (text: string) => failureOf({ GLACIER_FAILURES: base64(text) })?.message;
/** As Go's strconv.Quote has it, for texts without line ends. */
const quoted = (text: string) =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\x7f", "\\x7f")}"`;

it("params are what was asked for, whatever is in them", () => {
  const params = { price: "$$5", home: "$(HOME)", brace: "{{workflow.name}}", odd: "\x7fé\u{e0001}" };
  expect(paramsOf({ GLACIER_PARAMS: base64(JSON.stringify(params)) })).toEqual(params);
  expect(paramsOf({ GLACIER_PARAMS: "" })).toEqual({});
  for (const text of ["{", '{"day":'])
    expect(() => paramsOf({ GLACIER_PARAMS: base64(text) })).toThrow(
      expect.objectContaining({ code: "PARAMS_INVALID" }),
    );
});

it("what is written for a variable has nothing in it that Kubernetes, Argo or Go would change", () => {
  const value = { price: "$$5 $(HOME)", brace: "{{{{x}}", odd: "\x7fé\u{e0001}\ud800" };
  const text = inertJson(value);
  expect(text).toMatch(/^[ -~]*$/);
  expect(text).not.toMatch(/\$|\{\{/);
  expect(JSON.parse(text)).toEqual(value);
});

it("failures are Argo's words, as it quotes them", () => {
  const nodes = JSON.stringify([
    { displayName: "load", message: 'Error (exit code 1): "C:\\a\x7fb"', phase: "Failed" },
    { displayName: "run--begin", message: "pod deleted" },
  ]);
  expect(failure(nodes)).toBe(
    'the workflow\'s pods ended: load: Error (exit code 1): "C:\\a\x7fb"; run--begin: pod deleted',
  );
  expect(failure(quoted(nodes))).toBe(
    'the workflow\'s pods ended: load: Error (exit code 1): "C:\\a\ufffdb"; run--begin: pod deleted',
  );
});

it("there is none where the workflow succeeded, whatever had to be tried again for it", () => {
  const again = JSON.stringify([{ displayName: "load(0)", message: "main: Error (exit code 1)" }]);
  for (const text of ["", "null", "[]", '"null"', '"[]"', quoted(again)])
    expect(failureOf({ GLACIER_FAILURES: base64(text), GLACIER_STATUS: "Succeeded" })).toBeUndefined();
});

it("what is left of a list that was cut is told, and no more than a reader takes", () => {
  const nodes = quoted(JSON.stringify([1, 2, 3].map((i) => ({ displayName: `t${i}`, message: "m".repeat(100) }))));
  expect(failure(nodes.slice(0, -20))).toMatch(/^the workflow's pods ended: t1: m{100}; t2: m{100}$/);
  expect(failure(nodes.slice(0, 50))).toMatch(/t1/);
  const long = failure(quoted(JSON.stringify([{ displayName: "t", message: "m".repeat(50_000) }])));
  expect(long?.length).toBeLessThan(2100);
});
