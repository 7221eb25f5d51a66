import { stripVTControlCharacters } from "node:util";

/** Text from outside (logs, data) without anything that a terminal would obey. Keeps line breaks out, too. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\t/g, "  ")
    .replace(/\p{Cc}+/gu, " ");
}
