/** A value as JSON on one line: U+2028 and U+2029, which JSON leaves as they are, end a line for some readers. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
}
