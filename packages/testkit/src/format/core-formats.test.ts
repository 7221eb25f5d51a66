import { json, ndjson, text } from "@glacier/core";
import fc from "fast-check";
import { anyJson, anyText } from "./arbitraries.ts";
import { testFormat } from "./test-format.ts";

// Core can't depend on this package, so its formats are tested here.

/** A number that is cut off is a number; what has brackets shows where it ends. */
const bracketed = fc.oneof(fc.array(anyJson), fc.dictionary(anyText, anyJson, { noNullPrototype: true }));
/** A byte order mark at a text's start is no part of it. */
const plainText = anyText.filter((value) => !value.startsWith("\uFEFF"));

testFormat("json", { shape: "value", create: () => json(), value: bracketed, cutOff: "whole" });
testFormat("json, gzip", { shape: "value", create: () => json({ compression: "gzip" }) });
testFormat("text", { shape: "value", create: () => text(), value: plainText, cutOff: "anything" });
testFormat("text, gzip", { shape: "value", create: () => text({ compression: "gzip" }), value: plainText });
testFormat("ndjson", { shape: "rows", create: () => ndjson(), cutOff: "whole" });
testFormat("ndjson of any documents", {
  shape: "rows",
  create: () => ndjson(),
  rows: fc.array(anyJson),
  cutOff: "anything",
});
testFormat("ndjson, gzip", { shape: "rows", create: () => ndjson({ compression: "gzip", maxRowBytes: 1_000_000 }) });
