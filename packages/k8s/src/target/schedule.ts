import { GlacierError } from "@glacier/core";
import { type CronField, parseCron } from "@glacier/core/compile";

/**
 * A time zone as both engines know it: by its name in the IANA's database, with its capitals. Errors: `OPTION_INVALID` for an offset.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones
 */
export function zoneOf(timeZone: string): string {
  if (/^[+-]/.test(timeZone)) {
    throw new GlacierError("OPTION_INVALID", {
      message: `the schedule's time zone is "${timeZone}", which a cluster doesn't know`,
      hint: 'Give the name of a zone: "Europe/Berlin", or of a fixed one: "Etc/GMT-2", which is two hours ahead of UTC.',
    });
  }
  const { timeZone: known } = new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions();
  // Otherwise it is another name of the same zone, which counts where it has capitals of its own.
  return known.toLowerCase() !== timeZone.toLowerCase() && /^[A-Z]/.test(timeZone) ? timeZone : known;
}

/**
 * A cron expression of five fields as both engines read it, for whom Sunday is 0 and never 7.
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
