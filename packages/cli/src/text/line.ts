import stringWidth from "string-width";
import { harmless } from "./harmless.ts";
import type { Style, Tone } from "./style.ts";

/** A piece of a line; lines are cut to the terminal's width before they are coloured. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

/** A span, with control characters made harmless. */
export function span(text: string, tone?: Tone): Span {
  return { text: harmless(text), tone };
}

/** One coloured line, at most `columns` wide; what doesn't fit ends in `…`. */
export function paint(spans: readonly Span[], style: Style, columns: number = Number.POSITIVE_INFINITY): string {
  let left = columns;
  let line = "";
  for (const { text, tone } of spans) {
    const fitting = fit(text, left);
    line += tone === undefined ? fitting : style[tone](fitting);
    if (fitting !== text) break;
    left -= stringWidth(text);
  }
  return line.trimEnd();
}

/** `text` itself where it is at most `columns` wide, else its beginning and `…`. */
export function fit(text: string, columns: number): string {
  if (text.length <= columns / 2 || stringWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let width = 0;
  let cut = "";
  for (const character of text) {
    width += stringWidth(character);
    if (width > columns - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Fills up with spaces to `columns`. */
export function padTo(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
}
