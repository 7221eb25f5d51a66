import { GlacierError, isGlacierError } from "@glacier/core";
import type { errors } from "../../cases/errors.ts";
import type { Mutant, MutantsOf } from "./mutant.ts";

/** What the mutants leak. */
export const credential = "s3cr3t-key-0123456789";

export const brokenErrors: MutantsOf<keyof typeof errors> = {
  "NOT_FOUND: a missing object, with its key": {
    "throws an error of its own": failingAs((error) => Object.assign(new Error(error.message), { code: "ENOENT" })),
    "doesn't say the key": failingAs(({ code, message, hint }) => new GlacierError(code, { message, hint })),
    "has no hint": failingAs(({ code, message, context }) => new GlacierError(code, { message, hint: "", context })),
    "is UNAVAILABLE": failingAs(
      ({ message, hint, context }) => new GlacierError("UNAVAILABLE", { message, hint, context }),
    ),
  },
  "PRECONDITION_FAILED: with the key": {
    "doesn't say which": failingAs(
      ({ code, hint, context }) => new GlacierError(code, { message: "412", hint, context }),
    ),
  },
  "an error is retryable exactly where its code is": {
    "says that all are": failingAs(
      ({ code, message, hint, context }) => new GlacierError(code, { message, hint, context, retryable: true }),
    ),
  },
  "an error goes through JSON with its code, message and hint": {
    "hides the hint": failingAs((error) =>
      Object.assign(error, { toJSON: () => ({ code: error.code, message: error.message }) }),
    ),
  },
  "no credential in an error, its causes or a uri": {
    "says it in a message": failingAs(
      ({ code, message, hint, context }) =>
        new GlacierError(code, { message: `${message} (${credential})`, hint, context }),
    ),
    "has it in a cause": failingAs(
      ({ code, message, hint, context }) =>
        new GlacierError(code, {
          message,
          hint,
          context,
          cause: new Error("x", { cause: new Error(`auth ${credential}`) }),
        }),
    ),
    "keeps the request in a cause": failingAs(({ code, message, hint, context }) => {
      const cause = Object.assign(new Error("x"), { request: { headers: { authorization: [credential] } } });
      return new GlacierError(code, { message, hint, context, cause });
    }),
    "has it in the context": failingAs(
      ({ code, message, hint, context }) =>
        new GlacierError(code, { message, hint, context: { ...context, connection: `x://${credential}@host` } }),
    ),
    "has it in a uri": () => ({ uri: (key) => `x://host/${key}?token=${credential}` }),
  },
};

/** Other errors for the right ones. */
function failingAs(change: (error: GlacierError) => Error): Mutant {
  const changed =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A) =>
      call(...args).catch((error) => {
        throw isGlacierError(error) ? change(error) : error;
      });
  return ({ adapter }) => ({ read: changed(adapter.read), stat: changed(adapter.stat), write: changed(adapter.write) });
}
