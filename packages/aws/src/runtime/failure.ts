import { errorCodes, type GlacierError, type SerializedError } from "@glacier/core";
import { finalSuffix, retryableError } from "../deployment.ts";

/**
 * Characters of a cause. Step Functions keeps 32,768: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
const largestCause = 30_000;

/** What a state machine knows an error by. */
export function errorName({ code, retryable }: Pick<GlacierError, "code" | "retryable">): string {
  if (retryable === errorCodes[code]) return code;
  return retryable ? retryableError : `${code}${finalSuffix}`;
}

/** An error as a function throws it: for `Retry` by its name, for Glacier by its message, for people by the handler's own stack. */
export function thrownFrom(error: GlacierError): Error {
  const said = shortened(error.toJSON());
  const thrown = new Error(JSON.stringify(said));
  thrown.name = errorName(error);
  thrown.stack = said.stack ?? `${error.code}: ${said.message}`;
  return thrown;
}

/** The same error, with room for it in a cause: there it is JSON within JSON, beside its stack. */
export function shortened(error: SerializedError): SerializedError {
  for (let length = largestCause; ; length /= 2) {
    const short = cutTo(error, length);
    const cause = JSON.stringify({ errorMessage: JSON.stringify(short), trace: short.stack?.split("\n") });
    if (cause.length <= largestCause) return short;
  }
}

function cutTo({ message, hint, stack, issues, ...rest }: SerializedError, length: number): SerializedError {
  return {
    ...rest,
    message: cut(message, length),
    hint: cut(hint, length),
    ...(stack !== undefined && { stack: cut(stack, length) }),
    ...(issues !== undefined && { issues: issues.slice(0, 5).map((issue) => cutTo(issue, length / 5)) }),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.floor(length))}…`;
}
