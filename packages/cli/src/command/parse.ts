import { parseArgs } from "node:util";
import { GlacierError } from "@glacier/core";
import { type CommandName, type CommandSpec, commands } from "./spec.ts";

/** A command line, understood. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** The value of a string option. Errors: `USAGE` for an empty one. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
  /** The values of a repeatable option; undefined where there are none. */
  list(name: string): string[] | undefined;
  /** A whole number above 0. Errors: `USAGE`. */
  amount(name: string): number | undefined;
}

/** Parses what follows the command's name. Errors: `USAGE`. */
export function parseCommand(command: CommandName, args: readonly string[]): Arguments {
  const spec = commands[command];
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([name, { type, multiple, short }]) => [
      name,
      { type, ...(multiple && { multiple }), ...(short !== undefined && { short }) },
    ]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw wrongOption(command, spec, error);
  }
  checkPositionals(command, spec, parsed.positionals);
  const { values, positionals } = parsed;
  return {
    positionals,
    text(name) {
      const text = values[known(spec, name)] as string | undefined;
      if (text !== "") return text;
      const takes = spec.options[name]?.value ?? "VALUE";
      throw usage(
        `--${name} needs a value, and got an empty one`,
        `Write --${name}=${takes}; a variable may be unset.`,
      );
    },
    flag: (name) => values[known(spec, name)] === true,
    list: (name) => values[known(spec, name)] as string[] | undefined,
    amount(name) {
      const text = values[known(spec, name)] as string | undefined;
      if (text === undefined || /^[1-9]\d{0,8}$/.test(text)) return text === undefined ? undefined : Number(text);
      throw usage(`--${name} takes a whole number above 0, not "${text}"`, `For instance --${name} 4.`);
    },
  };
}

/** A mistake in the command line. */
export function usage(message: string, hint: string): GlacierError {
  return new GlacierError("USAGE", { message, hint });
}

/** The entry of `names` that `wrong` was probably meant to be. */
export function closest(wrong: string, names: readonly string[]): string | undefined {
  const [best] = names.map((name) => ({ name, steps: distance(wrong, name) })).sort((a, b) => a.steps - b.steps);
  return best !== undefined && best.steps <= Math.min(2, wrong.length - 1) ? best.name : undefined;
}

function known(spec: CommandSpec, name: string): string {
  if (Object.hasOwn(spec.options, name)) return name;
  throw new GlacierError("INTERNAL", {
    message: `the command has no option --${name}`,
    hint: "This is a defect in Glacier: please report it.",
  });
}

function checkPositionals(command: CommandName, spec: CommandSpec, given: readonly string[]): void {
  const missing = spec.positionals.filter((name) => name.startsWith("<"))[given.length];
  if (missing !== undefined)
    throw usage(`glacier ${command} needs ${missing}`, `Usage: glacier ${[command, ...spec.positionals].join(" ")}.`);
  const extra = given[spec.positionals.length];
  if (extra !== undefined)
    throw usage(
      `glacier ${command} takes no further argument: "${extra}"`,
      `Usage: glacier ${[command, ...spec.positionals].join(" ")} [options].`,
    );
}

function wrongOption(command: CommandName, spec: CommandSpec, error: unknown): GlacierError {
  const { code, message } = error as Error & { code?: string };
  const more = `See glacier ${command} --help.`;
  const option = /'(?:-\w, )?(--?[^'\s]+)/.exec(message)?.[1] ?? "";
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const near = closest(option.replace(/^-+/, ""), Object.keys(spec.options));
    return usage(
      `glacier ${command} has no option ${option}`,
      near === undefined ? more : `Did you mean --${near}? ${more}`,
    );
  }
  if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") {
    const takes = spec.options[option.replace(/^-+/, "")];
    const value = takes?.type === "string";
    return usage(
      value ? `${option} needs a value` : `${option} takes no value`,
      value ? `Write ${option}=${takes.value ?? "VALUE"}. ${more}` : more,
    );
  }
  return usage(message, more);
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(
          (previous[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
