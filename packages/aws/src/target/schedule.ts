import { type CronField, invalidCron, parseCron } from "@glacier/core/compile";

/**
 * A cron expression of five fields as EventBridge Scheduler has it, in six. One that restricts both kinds of days means
 * either of them, for which EventBridge has no word: that takes two. Errors: `OPTION_INVALID`.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function schedulesOf(cron: string): string[] {
  const [minutes, hours, days, months, weekdays] = parseCron(cron).map((field) => valuesOf(field, cron));
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
  if (some.length === 0) throw invalidCron(cron, "never comes: no month of it has that day");
  return some.map((field) =>
    field === days ? `cron(${start} ${print(field)} ${month} ? *)` : `cron(${start} ? ${month} ${print(field, 1)} *)`,
  );
}

interface Parsed {
  readonly field: CronField;
  /** Ascending. */
  readonly values: readonly number[];
  readonly star: boolean;
}

function valuesOf(field: CronField, cron: string): Parsed {
  const { min, max, name } = field;
  const values = new Set<number>();
  for (const { text, from, to, step } of field.parts) {
    const first = from ?? min;
    const open = from === undefined || step !== undefined;
    const end = to ?? (open ? max : first);
    if (first > end) throw invalidCron(cron, `has a ${name} that is out of range: ${JSON.stringify(text)}`);
    // Sunday is 0 and 7, and a range may end at either.
    for (let value = first; value <= end; value += step ?? 1) values.add(value > max ? min : value);
  }
  return { field, values: [...values].sort((a, b) => a - b), star: field.text === "*" };
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
