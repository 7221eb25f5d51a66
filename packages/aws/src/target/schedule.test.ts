import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { schedulesOf } from "./schedule.ts";

describe("a cron expression as EventBridge has it", () => {
  it.each([
    ["0 3 * * *", ["cron(0 3 * * ? *)"]],
    ["*/15 6-18 1,15 * *", ["cron(0/15 6-18 1,15 * ? *)"]],
    ["5 4 * * sun", ["cron(5 4 ? * 1 *)"]],
    ["5 4 * * 7", ["cron(5 4 ? * 1 *)"]],
    ["0 0 * jan-mar MON-FRI", ["cron(0 0 ? 1-3 2-6 *)"]],
    ["0 0 * * 5-7", ["cron(0 0 ? * 1,6,7 *)"]],
    ["0 0 * * */2", ["cron(0 0 ? * 1,3,5,7 *)"]],
    [
      "1-59/2 * * * *",
      ["cron(1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49,51,53,55,57,59 * * * ? *)"],
    ],
    ["0 0 1-31 * 1", ["cron(0 0 * * ? *)"]],
    ["0 0 13 * fri", ["cron(0 0 13 * ? *)", "cron(0 0 ? * 6 *)"]],
    ["0 0 29 2 *", ["cron(0 0 29 2 ? *)"]],
    ["0 0 31 2 fri", ["cron(0 0 ? 2 6 *)"]],
  ])("%s", (cron, expected) => {
    expect(schedulesOf(cron)).toEqual(expected);
  });

  it.each([
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "5-1 * * * *",
    "*/0 * * * *",
    "x * * * *",
    "* * L * *",
    "0 0 * *",
    "0 0 31 2 *",
    "0 0 30,31 feb *",
    "0 0 31 4-6/2,9 *",
  ])("%s is refused", (cron) => {
    expect(() => schedulesOf(cron)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });

  it("starts exactly when cron would", () => {
    fc.assert(
      fc.property(anyCron(), fc.array(anyMinute(), { minLength: 20, maxLength: 20 }), (cron, minutes) => {
        const job = new Cron(cron, { timezone: "UTC" });
        const next = job.nextRuns(5, new Date("2026-02-27T12:00:00Z"));
        if (next.length === 0) return expect(() => schedulesOf(cron)).toThrow("never comes");
        const aws = schedulesOf(cron);
        for (const minute of [...next, ...minutes]) {
          expect(
            aws.some((expression) => startsAt(expression, minute)),
            `${cron} at ${minute.toISOString()}`,
          ).toBe(job.match(minute));
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** EventBridge's own reading of an expression in UTC: fields of `*`, `?`, numbers, ranges, steps and lists. */
function startsAt(expression: string, time: Date): boolean {
  const fields = expression.slice("cron(".length, -1).split(" ");
  expect(fields).toHaveLength(6);
  expect(
    [fields[2], fields[4]].filter((field) => field === "?"),
    "exactly one kind of day is left open",
  ).toHaveLength(1);
  const now = [
    time.getUTCMinutes(),
    time.getUTCHours(),
    time.getUTCDate(),
    time.getUTCMonth() + 1,
    time.getUTCDay() + 1,
    time.getUTCFullYear(),
  ];
  return fields.every((field, i) => field.split(",").some((part) => matches(part, now[i] as number)));
}

function matches(part: string, value: number): boolean {
  if (part === "*" || part === "?") return true;
  const [range = "", step] = part.split("/");
  const [from = 0, to = step === undefined ? from : 59] = range.split("-").map(Number);
  return value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
}

function anyMinute(): fc.Arbitrary<Date> {
  const minutes = (iso: string) => Date.parse(iso) / 60_000;
  return fc
    .integer({ min: minutes("2026-01-01T00:00:00Z"), max: minutes("2028-12-31T23:59:00Z") })
    .map((minute) => new Date(minute * 60_000));
}

function anyCron(): fc.Arbitrary<string> {
  const field = (min: number, max: number, names: readonly string[] = []) => {
    const one = fc
      .integer({ min, max })
      .chain((value) => fc.constantFrom(String(value), names[value - min] ?? String(value)));
    const range = fc
      .tuple(
        fc.integer({ min, max }),
        fc.integer({ min, max }),
        fc.option(fc.integer({ min: 1, max: max - min }), { nil: undefined }),
      )
      .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}${step === undefined ? "" : `/${step}`}`);
    const step = fc.integer({ min: 1, max: max - min }).map((by) => `*/${by}`);
    return fc.oneof(
      { weight: 2, arbitrary: fc.constant("*") },
      fc.array(fc.oneof(one, range), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(",")),
      step,
    );
  };
  return fc
    .tuple(
      field(0, 59),
      field(0, 23),
      field(1, 28),
      field(1, 12, "jan feb mar apr may jun jul aug sep oct nov dec".split(" ")),
      field(0, 6, "SUN MON TUE WED THU FRI SAT".split(" ")),
    )
    .map((fields) => fields.join(" "));
}
