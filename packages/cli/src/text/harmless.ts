import { stripVTControlCharacters } from "node:util";

/** Text from outside (logs, data) without anything that a terminal would obey. Keeps line breaks out, too. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return stripVTControlCharacters(text).replace(/\t/g, "  ").replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
