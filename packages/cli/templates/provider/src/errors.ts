import { type ErrorCode, GlacierError, isGlacierError } from "@glacier/core";
import { ClientError } from "./client.ts";

interface Answer {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

/** What the backend's statuses mean. A code decides whether Glacier tries again: see its docs/errors.md. */
const answers: Readonly<Record<number, Answer>> = {
  403: { code: "PERMISSION_DENIED", what: "may not be used", hint: "Check the credentials and what they allow." },
  404: { code: "NOT_FOUND", what: "isn't there", hint: "Check the key, and whether whoever writes it has run." },
  412: {
    code: "PRECONDITION_FAILED",
    what: "is not in the state that was asked for",
    hint: "Another writer was here first: read the object again and repeat with its new etag.",
  },
  429: {
    code: "THROTTLED",
    what: "was asked for too often",
    hint: "Lower the concurrency, or raise the backend's limit.",
  },
  503: {
    code: "UNAVAILABLE",
    what: "can't be reached",
    hint: "Check that the backend is up and can be reached from here.",
  },
  507: { code: "STORAGE_FULL", what: "has no room", hint: "Free some space in the backend, or give it more." },
};

const unknown: Answer = { code: "STORAGE_FAILED", what: "failed", hint: "See the cause." };

/** Whatever the client threw as a `GlacierError`. The backend's own message stays in `cause`: it may quote a credential. */
export function toGlacierError(error: unknown, key: string): GlacierError {
  if (isGlacierError(error)) return error;
  const { code, what, hint } = (error instanceof ClientError ? answers[error.status] : undefined) ?? unknown;
  return new GlacierError(code, { message: `drawer: object "${key}" ${what}`, hint, cause: error, context: { key } });
}
