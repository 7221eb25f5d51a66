import type { RunEvent, SerializedError } from "@glacier/core";
import type { RemoteTask } from "@glacier/core/execute";

/** The one line that the process of an attempt gets on stdin. */
export interface Call {
  readonly task: RemoteTask;
  /** Values by secret name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Stands before each {@link Answer} on stdout; what comes without it is the task's own output. */
  readonly token: string;
}

/** A line that the process says. `done` and `failed` end the attempt. */
export type Answer = { readonly event: RunEvent } | { readonly done: true } | { readonly failed: SerializedError };

/** JSON on one line, also for `readline`, which ends lines at U+2028 and U+2029 too. */
export function toLine(message: Call | Answer): string {
  return `${JSON.stringify(message).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")}\n`;
}
