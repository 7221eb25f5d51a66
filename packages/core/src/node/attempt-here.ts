import type { RemoteSource } from "../execute/remote-run.ts";
import { type RemoteAttempt, runAttempt } from "../execute/run-attempt.ts";
import { maskOutput, printLog } from "./output.ts";
import { nodeRuntime } from "./runtime.ts";
import { watchUncaught } from "./uncaught.ts";

/** What {@link attemptHere} needs of its host. */
export interface AttemptHost {
  /** Looks a secret's value up where the host has it. */
  secret(name: string): Promise<string>;
  /** As in `AttemptSite`. */
  readonly signal: AbortSignal;
  /** What a command inherits. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs one attempt in this process, whose output is the task's log: secrets are masked in it, and an error that nothing
 * catches ends the attempt. Nothing of it is left afterwards. Errors: those of `runAttempt`, `TASK_CRASHED`.
 */
export async function attemptHere(
  attempt: RemoteAttempt,
  site: RemoteSource,
  { secret, signal, env }: AttemptHost,
): Promise<void> {
  const output = maskOutput();
  const uncaught = watchUncaught(attempt.task);
  try {
    await runAttempt(attempt, {
      ...site,
      runtime: {
        ...nodeRuntime(env === undefined ? {} : { env }),
        async secret(name) {
          const value = await secret(name);
          output.hide(value);
          return value;
        },
      },
      signal: AbortSignal.any([signal, uncaught.signal]),
      emit: printLog,
    });
  } finally {
    uncaught.stop();
    output.restore();
  }
}
