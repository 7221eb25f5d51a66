import { GlacierError } from "../errors/index.ts";

/** One of the five fields of a cron expression. */
export interface CronField {
  readonly name: "minute" | "hour" | "day" | "month" | "weekday";
  readonly min: number;
  /** Of weekdays 6, Saturday; a part may say 7 for Sunday, too. */
  readonly max: number;
  readonly text: string;
  readonly parts: readonly CronPart[];
  /** Ascending; Sunday is 0. */
  readonly values: readonly number[];
}

/** The five fields of a cron expression. */
export type Cron = readonly [
  minutes: CronField,
  hours: CronField,
  days: CronField,
  months: CronField,
  weekdays: CronField,
];

/** A part of a field's list as it is written, names as numbers: `1-5/2`, `mon`, `*`. */
export interface CronPart {
  readonly text: string;
  /** Undefined for `*`. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly step: number | undefined;
}

/**
 * Reads a cron expression of five fields: minute, hour, day, month, weekday. Errors: `OPTION_INVALID`, also where it never
 * comes, as on the 30th of February.
 */
export function parseCron(cron: string): Cron {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== specs.length) throw invalidCron(cron, "has not five fields");
  const fields = specs.map((spec, i) => readField(cron, texts[i] as string, spec)) as unknown as Cron;
  const [, , days, months, weekdays] = fields;
  if (weekdays.text === "*" && (days.values[0] as number) > lastDay(months))
    throw invalidCron(cron, "never comes: no month of it has that day");
  return fields;
}

function readField(cron: string, text: string, { name, min, max, names }: FieldSpec): CronField {
  const refuse = (part: string, why: string) =>
    invalidCron(cron, `has a ${name} that is ${why}: ${JSON.stringify(part)}`);
  const numberOf = (word: string): number => {
    if (/^\d+$/.test(word)) return Number(word);
    const index = names?.indexOf(word.toLowerCase()) ?? -1;
    return index === -1 ? Number.NaN : index + min;
  };
  const parts = text.split(",").map((part): CronPart => {
    const match = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) throw refuse(part, "not understood");
    const [from, to] = match.slice(1, 3).map((word) => (word === undefined ? undefined : numberOf(word)));
    const step = match[3] === undefined ? undefined : Number(match[3]);
    const [first = min, last = first] = [from, to];
    const highest = name === "weekday" ? 7 : max;
    if (!(first >= min && first <= last && last <= highest && (step ?? 1) >= 1)) throw refuse(part, "out of range");
    return { text: part, from, to, step };
  });
  return { name, min, max, text, parts, values: valuesOf(parts, min, max) };
}

/** The last day that the longest of these months can have. */
export function lastDay(months: CronField): number {
  // The 29th of February comes every four years.
  return Math.max(...months.values.map((month) => new Date(Date.UTC(2024, month, 0)).getUTCDate()));
}

function valuesOf(parts: readonly CronPart[], min: number, max: number): number[] {
  const values = new Set<number>();
  for (const { from, to, step } of parts) {
    const first = from ?? min;
    const last = to ?? (from === undefined || step !== undefined ? Math.max(first, max) : first);
    // Sunday is 0 and 7, and a range may end at either.
    for (let value = first; value <= last; value += step ?? 1) values.add(value > max ? min : value);
  }
  return [...values].sort((a, b) => a - b);
}

/** The error of a cron expression that can't be used. */
function invalidCron(cron: string, what: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `the schedule ${JSON.stringify(cron)} ${what}`,
    hint: 'Use five fields of numbers, names, "*", ranges, steps and lists: "0 3 * * *", "*/15 6-18 1,15 * mon-fri".',
  });
}

interface FieldSpec extends Pick<CronField, "name" | "min" | "max"> {
  readonly names?: readonly string[];
}

const specs: readonly FieldSpec[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "weekday", min: 0, max: 6, names: "sun mon tue wed thu fri sat".split(" ") },
];
