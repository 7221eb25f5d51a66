import { describeThrown, GlacierError } from "../errors/index.ts";

const events = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Watches for errors that no code catches, in place of whoever did (Lambda's runtime would end the process and know no
 * more than that): the signal fires with `TASK_CRASHED`. `stop` puts the others back.
 */
export function watchUncaught(task: string): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const crash = (error: unknown) => controller.abort(crashed(task, error));
  const others = events.map((event) => process.rawListeners(event) as ((...args: unknown[]) => void)[]);
  for (const event of events) {
    process.removeAllListeners(event);
    process.on(event, crash);
  }
  return {
    signal: controller.signal,
    stop() {
      events.forEach((event, i) => {
        process.removeListener(event, crash);
        for (const listener of others[i] ?? []) process.on(event, listener);
      });
    },
  };
}

function crashed(task: string, error: unknown): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}": an error that nothing catches: ${describeThrown(error)}`,
    hint: "Await every promise, and listen to the errors of every stream and socket, in the task's code; the cause says where.",
    cause: error,
    context: { task },
  });
}
