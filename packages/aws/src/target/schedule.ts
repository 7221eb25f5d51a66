import { GlacierError } from "@glacier/core";
import { type CronField, lastDay, parseCron } from "@glacier/core/compile";

/**
 * A cron expression of five fields as EventBridge Scheduler has it, in six. One that restricts both kinds of days means
 * either of them, for which EventBridge has no word: that takes two. Errors: `OPTION_INVALID`.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function schedulesOf(cron: string): string[] {
  const [minutes, hours, days, months, weekdays] = parseCron(cron);
  const start = `${print(minutes)} ${print(hours)}`;
  const month = print(months);
  const either = [days, weekdays].filter(({ text }) => text !== "*");
  if (either.length === 0 || (either.length === 2 && either.some(isFull))) return [`cron(${start} * ${month} ? *)`];
  return either
    .filter((field) => field !== days || (days.values[0] as number) <= lastDay(months))
    .map((field) =>
      field === days
        ? `cron(${start} ${print(field)} ${month} ? *)`
        : // EventBridge counts from Sunday as 1.
          `cron(${start} ? ${month} ${print(field, 1)} *)`,
    );
}

/**
 * Errors: `OPTION_INVALID` of an offset, which JavaScript takes for a time zone.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#time-zones
 */
export function checkTimeZone(pipeline: string, timeZone: string): void {
  if (!/^[+-]/.test(timeZone)) return;
  throw new GlacierError("OPTION_INVALID", {
    message: `pipeline "${pipeline}" has a schedule in the time zone "${timeZone}", and EventBridge Scheduler takes no offsets`,
    hint: 'Use an IANA name, such as "Asia/Kolkata".',
    context: { pipeline },
  });
}

/** All values, equal steps from the first to the last possible one, or ranges and values. */
function print(field: CronField, shift = 0): string {
  const { min, max, name, values } = field;
  if (isFull(field)) return "*";
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

function isFull({ values, min, max }: CronField): boolean {
  return values.length === max - min + 1;
}
