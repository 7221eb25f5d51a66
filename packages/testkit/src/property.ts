import fc from "fast-check";
import { defaultTimeout } from "./suite.ts";

/** How often a property is tried, and how long the case may take that tries it, in milliseconds. */
export interface PropertyOptions {
  /** Default 100. */
  readonly runs?: number | undefined;
  readonly timeout?: number | undefined;
}

/**
 * Fails where the property doesn't hold. It stops at half of the case's time, so that what was found until then is told:
 * shrinking a failure may go on and on. A subject so slow that less than a quarter of the runs fit into it fails too.
 */
export async function holds<T>(
  property: fc.IAsyncProperty<T>,
  { runs = 100, timeout = defaultTimeout }: PropertyOptions,
): Promise<void> {
  const details = await fc.check(property, {
    numRuns: runs,
    interruptAfterTimeLimit: timeout / 2,
    markInterruptAsFailure: false,
  });
  const least = Math.ceil(runs / 4);
  if (details.interrupted && details.counterexample === null && details.numRuns < least)
    throw new Error(
      `only ${details.numRuns} of ${runs} random runs fit into ${timeout / 2} ms, and ${least} are the least that says something: raise \`timeout\``,
    );
  const failure = await fc.asyncDefaultReportMessage(details);
  if (failure !== undefined) throw new Error(failure, { cause: details.errorInstance });
}
