import { type ErrorCode, errorCodes } from "./codes.ts";

/** Where an error happened. Only names and positions: never a payload, a credential or a secret. */
export interface ErrorContext {
  pipeline?: string;
  task?: string;
  dataset?: string;
  runId?: string;
  attempt?: number;
  /** Row number, from 1, the way a person counts data rows. */
  row?: number;
  /** Line number in a text file, from 1. */
  line?: number;
  key?: string;
  uri?: string;
  kind?: string;
  exitCode?: number;
  [name: string]: string | number | boolean | undefined;
}

/** What a {@link GlacierError} is made of. */
export interface GlacierErrorInit {
  /** What happened, and where. */
  message: string;
  /** What to do about it. */
  hint: string;
  cause?: unknown;
  context?: ErrorContext;
  /** The single mistakes behind an aggregate such as `PIPELINE_INVALID` or `RUN_FAILED`. */
  issues?: readonly GlacierError[];
  /** Overrides the code's own answer to "may trying again help?". */
  retryable?: boolean;
}

/** The JSON form of a {@link GlacierError}, as it stands in events, journals and between processes. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  hint: string;
  retryable: boolean;
  context?: ErrorContext;
  issues?: SerializedError[];
  /** The stack of the user's own error, where there is one. */
  stack?: string;
}

/** The one error class. Match it by `code` ({@link isGlacierError}): two copies of core do happen. */
export class GlacierError extends Error {
  override readonly name = "GlacierError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly context: ErrorContext;
  readonly issues: readonly GlacierError[];
  readonly retryable: boolean;

  constructor(code: ErrorCode, init: GlacierErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.hint = init.hint;
    this.context = init.context ?? {};
    this.issues = init.issues ?? [];
    this.retryable = init.retryable ?? errorCodes[code];
  }

  toJSON(): SerializedError {
    const stack = userStack(this.cause);
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      retryable: this.retryable,
      ...(Object.keys(this.context).length > 0 && { context: this.context }),
      ...(this.issues.length > 0 && { issues: this.issues.map((issue) => issue.toJSON()) }),
      ...(stack !== undefined && { stack }),
    };
  }
}

/** Whether `error` is a {@link GlacierError} (of this or another copy of core), optionally with that code. */
export function isGlacierError(error: unknown, code?: ErrorCode): error is GlacierError {
  if (!(error instanceof Error) || error.name !== "GlacierError" || !("code" in error)) return false;
  return code === undefined ? typeof error.code === "string" && error.code in errorCodes : error.code === code;
}

/** The error that `toJSON()` described, for the other side of a process boundary. */
export function deserializeError(json: SerializedError): GlacierError {
  const { code, issues, stack, ...rest } = json;
  const cause = stack === undefined ? undefined : Object.assign(new Error(json.message), { stack });
  return new GlacierError(code, {
    ...rest,
    ...(cause !== undefined && { cause }),
    ...(issues !== undefined && { issues: issues.map(deserializeError) }),
  });
}

/** Any thrown value as text: `Error`s by their message, the rest by what they are, never by their content. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  if (typeof thrown === "string") return thrown;
  if (thrown === null || thrown === undefined) return String(thrown);
  return `a thrown ${typeof thrown === "object" ? (thrown.constructor?.name ?? "object") : typeof thrown}`;
}

function userStack(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}
