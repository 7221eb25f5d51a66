import { describeThrown, GlacierError } from "@glacier/core";

/**
 * Catches what no task's promise carries (a rejection that nobody awaits, an error in a timer) while a run goes on. It ends
 * the run, as it would end any Node program, but in order: the journal is closed and the run can be resumed.
 */
export function catchUncaught(onError: (error: GlacierError) => void): () => void {
  const listener = (thrown: unknown) => {
    onError(
      new GlacierError("TASK_CRASHED", {
        message: `an error that nothing caught: ${describeThrown(thrown)}`,
        hint: "Some promise in a task is not awaited, or a callback throws: await it, or handle its error.",
        cause: thrown,
      }),
    );
  };
  process.on("uncaughtException", listener);
  process.on("unhandledRejection", listener);
  return () => {
    process.off("uncaughtException", listener);
    process.off("unhandledRejection", listener);
  };
}
