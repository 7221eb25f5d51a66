import type { EventSink } from "@glacier/core";
import { type RemoteAttempt, type RemoteSource, runAttempt } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { maskOutput, printLog } from "./output.ts";
import { readSecret } from "./secrets.ts";
import { watchUncaught } from "./uncaught.ts";

/** Runs one attempt in this process; nothing of it is left afterwards. Errors: those of `runAttempt`, `TASK_CRASHED`. */
export async function attemptHere(
  attempt: RemoteAttempt,
  site: RemoteSource,
  signal: AbortSignal,
  emit: EventSink = () => {},
): Promise<void> {
  const output = maskOutput();
  const uncaught = watchUncaught(attempt.task);
  try {
    await runAttempt(attempt, {
      ...site,
      runtime: {
        ...nodeRuntime(),
        async secret(name) {
          const value = await readSecret(name);
          output.hide(value);
          return value;
        },
      },
      signal: AbortSignal.any([signal, uncaught.signal]),
      emit(event) {
        printLog(event);
        emit(event);
      },
    });
  } finally {
    uncaught.stop();
    output.restore();
  }
}
