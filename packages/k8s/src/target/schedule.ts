import { type CronField, parseCron } from "@glacier/core/compile";

/**
 * A cron expression of five fields as both engines read it: like cron's own, but for Sunday, which is 0 and never 7.
 * Errors: `OPTION_INVALID`. https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */
export function scheduleOf(cron: string): string {
  return parseCron(cron).map(print).join(" ");
}

const sunday = 7;

/** The field as it is, or where a part of it comes to a seventh day its values. */
function print({ name, min, parts }: CronField): string {
  const printed = parts.map(({ text, from = min, to = from, step = 1 }) => {
    if (name !== "weekday" || to !== sunday) return text;
    const days = [];
    for (let day = from; day <= to; day += step) days.push(day % sunday);
    return days.sort().join(",");
  });
  return printed.join(",");
}
