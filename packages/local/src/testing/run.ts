import type { GlacierError } from "@glacier/core";
import { expect } from "vitest";

/** The error of the task that failed a run, or the run's own where it never started or was cancelled. */
export async function failureOf(run: Promise<unknown>): Promise<GlacierError> {
  const error = await run.then(
    () => undefined,
    (thrown: GlacierError) => thrown,
  );
  expect(error, "the run should fail").toBeDefined();
  return (error?.issues[0] ?? error) as GlacierError;
}
