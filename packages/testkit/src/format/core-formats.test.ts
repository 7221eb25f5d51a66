import { json, ndjson, text } from "@glacier/core";
import fc from "fast-check";
import { anyJson, anyText } from "./arbitraries.ts";
import { testFormat } from "./test-format.ts";

testFormat("json", {
  create: () => json(),
  value: fc.oneof(fc.array(anyJson), fc.dictionary(anyText, anyJson)).map((v) => structuredClone(v)),
  cutOff: "whole",
});
testFormat("json.gz", { create: () => json({ compression: "gzip" }) });
testFormat("text", {
  create: () => text(),
  value: anyText.filter((value) => !value.startsWith("\uFEFF")),
  cutOff: "anything",
});
testFormat("text.gz", {
  create: () => text({ compression: "gzip" }),
  value: anyText.filter((value) => !value.startsWith("\uFEFF")),
});
testFormat("ndjson", { create: () => ndjson(), cutOff: "whole" });
testFormat("ndjson of any documents", { create: () => ndjson(), rows: fc.array(anyJson), cutOff: "anything" });
testFormat("ndjson.gz", { create: () => ndjson({ compression: "gzip", maxRowBytes: 1_000_000 }) });
