import { GlacierError } from "@glacier/core";

/**
 * A cron expression of five fields as EventBridge Scheduler has it, in six. One that restricts both kinds of days means
 * either of them, for which EventBridge has no word: that takes two. Errors: `OPTION_INVALID`.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function schedulesOf(cron: string): string[] {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== fields.length) throw invalid(cron, "has not five fields");
  const [minutes, hours, days, months, weekdays] = fields.map((field, i) => parse(field, texts[i] as string, cron));
  const start = `${print(minutes)} ${print(hours)}`;
  const month = print(months);
  const either = [
    ...(days?.star === true ? [] : [days]),
    // EventBridge counts from Sunday as 1.
    ...(weekdays?.star === true ? [] : [weekdays]),
  ];
  if (either.length === 0 || (either.length === 2 && either.some((field) => isFull(field))))
    return [`cron(${start} * ${month} ? *)`];
  const some = either.filter((field) => field !== days || (days?.values[0] as number) <= longest(months));
  if (some.length === 0) throw invalid(cron, "never comes: no month of it has that day");
  return some.map((field) =>
    field === days ? `cron(${start} ${print(field)} ${month} ? *)` : `cron(${start} ? ${month} ${print(field, 1)} *)`,
  );
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const fields: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "weekday", min: 0, max: 6, names: "sun mon tue wed thu fri sat".split(" ") },
];

interface Parsed {
  readonly field: Field;
  /** Ascending. */
  readonly values: readonly number[];
  readonly star: boolean;
}

function parse(field: Field, text: string, cron: string): Parsed {
  const { min, max, name } = field;
  const values = new Set<number>();
  // Sunday is 0 and 7, and a range may end at either.
  const last = name === "weekday" ? 7 : max;
  for (const part of text.split(",")) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) throw invalid(cron, `has a ${name} that is not understood: ${JSON.stringify(part)}`);
    const [, star, from, to, by] = match;
    const step = by === undefined ? 1 : Number(by);
    const first = star === undefined ? numberOf(field, from as string) : min;
    const end = star !== undefined ? max : to !== undefined ? numberOf(field, to) : by === undefined ? first : max;
    if (first === undefined || end === undefined || step < 1 || first < min || end > last || first > end)
      throw invalid(cron, `has a ${name} that is out of range: ${JSON.stringify(part)}`);
    for (let value = first; value <= end; value += step) values.add(value > max ? min : value);
  }
  return { field, values: [...values].sort((a, b) => a - b), star: text === "*" };
}

function numberOf({ names, min }: Field, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? undefined : index + min;
}

/** All values, equal steps from the first to the last possible one, or ranges and values. */
function print(parsed: Parsed | undefined, shift = 0): string {
  const { field, values } = parsed as Parsed;
  const { min, max, name } = field;
  if (isFull(parsed)) return "*";
  const step = (values[1] ?? Number.NaN) - (values[0] as number);
  // Days of the week have ranges and lists only.
  const even =
    name !== "weekday" &&
    values.every((value, i) => value === min + i * step) &&
    (values.at(-1) as number) + step > max;
  if (even && step > 1) return `${min}/${step}`;
  const runs: [number, number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs
    .map(([from, to]) => [from + shift, to + shift])
    .map(([from, to]) => (from === to ? `${from}` : to === (from as number) + 1 ? `${from},${to}` : `${from}-${to}`))
    .join(",");
}

function isFull(parsed: Parsed | undefined): boolean {
  return parsed !== undefined && parsed.values.length === parsed.field.max - parsed.field.min + 1;
}

/** Days of the longest of these months. */
function longest(months: Parsed | undefined): number {
  // The 29th of February comes every four years.
  return Math.max(...(months as Parsed).values.map((month) => new Date(Date.UTC(2024, month, 0)).getUTCDate()));
}

function invalid(cron: string, what: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `the schedule ${JSON.stringify(cron)} ${what}`,
    hint: 'Use five fields of numbers, names, "*", ranges, steps and lists: "0 3 * * *", "*/15 6-18 1,15 * mon-fri".',
  });
}
