import { build } from "esbuild";
import fc from "fast-check";
import { expect, it } from "vitest";
import { joinMap, oneLineDown, splitMap } from "./source-map.ts";

const names = ["sources", "sourcesContent", "mappings", '\n  "mappings": "', '\n  "sourcesContent": ['];
const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(...names));

it("a map in two parts is the same map, however it is printed, and a line down only its mappings change", () => {
  const map = fc.record({
    version: fc.constant(3),
    sources: fc.array(text),
    sourcesContent: fc.array(text),
    mappings: fc.string({ unit: fc.constantFrom("A", "C", ";", ",") }),
    names: fc.array(text),
  });
  fc.assert(
    fc.property(map, fc.constantFrom(undefined, 2), (map, indent) => {
      const split = splitMap(JSON.stringify(map, null, indent));
      expect(split.sources).toEqual(map.sources);
      expect(JSON.parse(joinMap(split))).toEqual(map);
      expect(JSON.parse(joinMap(oneLineDown(split)))).toEqual({ ...map, mappings: `;${map.mappings}` });
      expect(JSON.parse(joinMap({ ...split, sources: ["a"] }))).toEqual({ ...map, sources: ["a"] });
    }),
  );
});

it("esbuild's is taken as it is", async () => {
  const stdin = { contents: "export const a = 1;\n", sourcefile: "a.ts" };
  const { outputFiles } = await build({ stdin, sourcemap: "external", outdir: "out", write: false });
  const printed = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "";
  const { rest } = splitMap(printed);
  expect(printed.endsWith(rest)).toBe(true);
});
