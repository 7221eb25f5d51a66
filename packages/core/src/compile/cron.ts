import { GlacierError } from "../errors/index.ts";

/** One of the five fields of a cron expression. */
export interface CronField {
  readonly name: "minute" | "hour" | "day" | "month" | "weekday";
  readonly min: number;
  /** Of weekdays 6, Saturday; a part may say 7 for Sunday, too. */
  readonly max: number;
  readonly text: string;
  readonly parts: readonly CronPart[];
}

/** A part of a field's list as it is written, names as numbers: `1-5/2`, `mon`, `*`. */
export interface CronPart {
  readonly text: string;
  /** Undefined for `*`. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly step: number | undefined;
}

/** Reads a cron expression of five fields: minute, hour, day, month, weekday. Errors: `OPTION_INVALID`. */
export function parseCron(cron: string): CronField[] {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== fields.length) throw invalidCron(cron, "has not five fields");
  return fields.map(({ name, min, max, names }, i) => {
    const text = texts[i] as string;
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
    return { name, min, max, text, parts };
  });
}

/** The error of a cron expression that can't be used. */
export function invalidCron(cron: string, what: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `the schedule ${JSON.stringify(cron)} ${what}`,
    hint: 'Use five fields of numbers, names, "*", ranges, steps and lists: "0 3 * * *", "*/15 6-18 1,15 * mon-fri".',
  });
}

const fields: readonly (Pick<CronField, "name" | "min" | "max"> & { readonly names?: readonly string[] })[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "weekday", min: 0, max: 6, names: "sun mon tue wed thu fri sat".split(" ") },
];
