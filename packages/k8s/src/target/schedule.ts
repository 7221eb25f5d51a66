import { GlacierError } from "@glacier/core";

/**
 * A cron expression of five fields as both engines read it: like cron's own, but for Sunday, which is 0 and never 7.
 * Errors: `OPTION_INVALID`. https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */
export function scheduleOf(cron: string): string {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== fields.length) throw invalid(cron, "has not five fields");
  return fields.map((field, i) => read(field, texts[i] as string, cron)).join(" ");
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const sunday = 7;
const fields: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "weekday", min: 0, max: sunday, names: "sun mon tue wed thu fri sat".split(" ") },
];

/** The field as it is, or where a part of it comes to a seventh day its values. */
function read(field: Field, text: string, cron: string): string {
  const { min, max, name } = field;
  const parts = text.split(",").map((part) => {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) throw invalid(cron, `has a ${name} that is not understood: ${JSON.stringify(part)}`);
    const [, star, from, to, by] = match;
    const step = by === undefined ? 1 : Number(by);
    const first = numberOf(field, from) ?? (star === undefined ? Number.NaN : min);
    const last = to === undefined ? first : numberOf(field, to);
    if (last === undefined || !(first >= min && last <= max && first <= last && step >= 1))
      throw invalid(cron, `has a ${name} that is out of range: ${JSON.stringify(part)}`);
    if (max !== sunday || last !== sunday) return part;
    const days = [];
    for (let day = first; day <= last; day += step) days.push(day % sunday);
    return days.sort().join(",");
  });
  return parts.join(",");
}

function numberOf({ names, min }: Field, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? undefined : index + min;
}

function invalid(cron: string, what: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `the schedule ${JSON.stringify(cron)} ${what}`,
    hint: 'Use five fields of numbers, names, "*", ranges, steps and lists: "0 3 * * *", "*/15 6-18 1,15 * mon-fri".',
  });
}
