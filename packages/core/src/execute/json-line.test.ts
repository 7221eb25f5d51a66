import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonLine } from "./json-line.ts";

it("is one line to a reader of lines, and the same value", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("a", "\n", "\r", "\u2028", "\u2029", "é", '"')), async (parts) => {
      const value = { text: parts.join("") };
      const read: unknown[] = [];
      for await (const line of createInterface({ input: Readable.from([`${jsonLine(value)}\n`]) }))
        read.push(JSON.parse(line));
      expect(read).toEqual([value]);
    }),
  );
});
