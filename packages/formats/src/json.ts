import { type CodecContext, describeThrown } from "@glacier/core";
import { formatError } from "./errors.ts";

/** Text of a nested value. Errors: `ENCODE_FAILED` for what JSON can't hold. */
export function jsonText(name: string, value: unknown, row: number, context: CodecContext): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  const problem = cause === undefined ? `a ${typeof value}` : describeThrown(cause).split("\n")[0];
  throw formatError(
    "ENCODE_FAILED",
    context,
    { row },
    `column ${JSON.stringify(name)} can't be written: ${problem}`,
    "Write plain data: no functions, no cycles, no bigint inside of an object.",
    cause,
  );
}
