import type { RemoteSource } from "../execute/remote-run.ts";
import { type RemoteAttempt, runAttempt } from "../execute/run-attempt.ts";
import { sleep } from "../stream/abort.ts";
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
  /** Hears that the handler still goes on a moment after it was told to stop: this process should run no other attempt. */
  abandoned?(): void;
}

/** Milliseconds that a handler gets to end once its signal has fired. */
const patience = 250;

/**
 * Runs one attempt in this process, whose output is the task's log: secrets are masked in it, and an error that nothing
 * catches ends the attempt. Nothing of it is left afterwards; of a handler that goes on all the same the output stays masked.
 * Errors: those of `runAttempt`, `TASK_CRASHED`.
 */
export async function attemptHere(
  attempt: RemoteAttempt,
  site: RemoteSource,
  { secret, signal, env, abandoned }: AttemptHost,
): Promise<void> {
  const output = maskOutput();
  const uncaught = watchUncaught(attempt.task);
  const left: Promise<unknown>[] = [];
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
        left: (doing) => void left.push(doing),
      },
      signal: AbortSignal.any([signal, uncaught.signal]),
      emit: printLog,
    });
  } finally {
    if (left.length === 0 || (await settle(left))) {
      uncaught.stop();
      output.restore();
    } else abandoned?.();
  }
}

async function settle(left: readonly Promise<unknown>[]): Promise<boolean> {
  const settled = Promise.allSettled(left).then(() => true);
  return Promise.race([settled, sleep(patience).then(() => false)]);
}
