import { GlacierError, type Json } from "@glacier/core";

/** Bytes of what goes in and out of a state. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const largest = 256 * 1024;
/** Bytes kept free for what a run's data also has: its id, what begin found, and a task's error. */
const others = 64 * 1024;

/** Refuses params that have no room in a state machine's data, where they stand beside a run's other data. Errors: `PARAMS_INVALID`. */
export function checkParams(params: Json, runId: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(params));
  const max = largest - others;
  if (bytes <= max) return;
  throw new GlacierError("PARAMS_INVALID", {
    message: `run ${runId}: its params are ${bytes} bytes, and a state machine has room for ${max} (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)`,
    hint: "Put what is large into a dataset, and its name into the params.",
    context: { runId },
  });
}
