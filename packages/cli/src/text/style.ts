import { styleText } from "node:util";

/** Colours, or their absence: `style.red("x")` is plain `x` where colour is off. */
export type Style = Readonly<Record<Tone, (text: string) => string>>;

/** The few tones that the command line uses. */
export type Tone = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const tones: readonly Tone[] = ["bold", "dim", "red", "green", "yellow", "cyan"];

/** A {@link Style} that colours or doesn't. */
export function createStyle(enabled: boolean): Style {
  const entries = tones.map((tone) => [
    tone,
    enabled ? (text: string) => styleText(tone, text, { validateStream: false }) : (text: string) => text,
  ]);
  return Object.fromEntries(entries);
}

/** `NO_COLOR` (https://no-color.org) wins over `FORCE_COLOR`; else colour is for terminals that can show it. */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
