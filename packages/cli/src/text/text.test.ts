import type { SerializedError } from "@glacier/core";
import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { errorLines } from "./error.ts";
import { fit, paint, span } from "./line.ts";
import { framesOf, ownFrames } from "./stack.ts";
import { createStyle, wantsColor } from "./style.ts";
import { table } from "./table.ts";
import { byteSize, count, duration, grouped } from "./units.ts";

const plain = createStyle(false);

test("amounts read well at every size", () => {
  expect([0, 999, 1000, 9_994, 9_995, 59_949, 59_950, 3_599_000, 7_380_000].map(duration)).toEqual([
    "0 ms",
    "999 ms",
    "1.00 s",
    "9.99 s",
    "10.0 s",
    "59.9 s",
    "1 m 00 s",
    "59 m 59 s",
    "2 h 03 m",
  ]);
  expect([0, 999, 1000, 12_345, 99_960, 999_600, 1.5e9].map(byteSize)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "12.3 kB",
    "100 kB",
    "1.0 MB",
    "1.5 GB",
  ]);
  expect([grouped(0), grouped(999), grouped(1_234_567), count(1, "row"), count(2, "row")]).toEqual([
    "0",
    "999",
    "1,234,567",
    "1 row",
    "2 rows",
  ]);
});

test("cut text is never wider than the room, and untouched where it fits", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 60 }), (text, columns) => {
      expect(stringWidth(fit(text, columns))).toBeLessThanOrEqual(columns);
      if (stringWidth(text) <= columns) expect(fit(text, columns)).toBe(text);
    }),
  );
});

test("a table stays within its width as long as columns can give way", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string({ unit: "grapheme", maxLength: 60 }), { minLength: 3, maxLength: 3 }), {
        maxLength: 8,
      }),
      fc.integer({ min: 24, max: 100 }),
      (rows, width) => {
        const lines = table([{ title: "a" }, { title: "b", align: "right" }, { title: "c" }], rows, plain, width);
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test("colour goes around what is left after cutting", () => {
  expect(paint([span("ab", "red"), span("cdef")], createStyle(true), 4)).toBe("\u001b[31mab\u001b[39mc…");
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
  [true, { TERM: "dumb" }, false],
])("colour on a terminal (%s) with %j: %s", (isTTY, env, expected) => {
  expect(wantsColor({ isTTY }, env)).toBe(expected);
});

const stack = `TypeError: cannot add up
    at add (file:///home/me/app/src/sum.ts:12:9)
    at Object.handler (/home/me/app/src/tasks.ts:3:1)
    at async file:///home/me/app/src/top.ts:1:2
    at inner (/home/me/app/node_modules/lib/index.js:5:5)
    at run (file:///opt/glacier/core/execute.ts:7:7)
    at node:internal/process/task_queues:105:5`;

test("stacks: the user's own frames are those of the project, without its dependencies", () => {
  expect(framesOf(stack)).toHaveLength(5);
  expect(ownFrames(stack, "/home/me/app").map(({ file, line, name }) => [file, line, name])).toEqual([
    ["/home/me/app/src/sum.ts", 12, "add"],
    ["/home/me/app/src/tasks.ts", 3, "Object.handler"],
    ["/home/me/app/src/top.ts", 1, undefined],
  ]);
});

test("errors: code, message, where, hint; issues each with their own; stacks only where asked for", () => {
  const view = { style: plain, cwd: "/home/me/app", root: "/home/me/app", verbose: false };
  const failed: SerializedError = {
    code: "TASK_FAILED",
    message: "task failed",
    hint: "Look.",
    retryable: true,
    stack,
  };
  expect(errorLines(failed, view)).toEqual([
    "✖ TASK_FAILED task failed",
    "  at add src/sum.ts:12:9",
    "  at src/tasks.ts:3:1",
    "  at src/top.ts:1:2",
    "  hint: Look.",
  ]);
  expect(errorLines(failed, { ...view, verbose: true }).join("\n")).toContain("node:internal");
  const invalid: SerializedError = {
    code: "PIPELINE_INVALID",
    message: 'pipeline "p" has 2 mistakes:\n- one\n- two',
    hint: "See issues.",
    retryable: false,
  };
  const issue = (message: string): SerializedError => ({
    code: "PIPELINE_INVALID",
    message,
    hint: `mend ${message}`,
    retryable: false,
  });
  expect(errorLines({ ...invalid, issues: [issue("one"), issue("two")] }, view)).toEqual([
    '✖ PIPELINE_INVALID pipeline "p" has 2 mistakes',
    "",
    "  - one",
    "    hint: mend one",
    "",
    "  - two",
    "    hint: mend two",
  ]);
});
