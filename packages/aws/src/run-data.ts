import { GlacierError, type Json } from "@glacier/core";

/** Bytes of what goes in and out of a state. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const largestState = 256 * 1024;
/** Bytes kept free for what a run's data also has: its id, what begin found, and a task's error. */
const others = 64 * 1024;

/** Bytes of a request to a function. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const largestPayload = 6 * 1024 * 1024;

/** Refuses params that have no room in a state machine's data, where they stand beside a run's other data. Errors: `PARAMS_INVALID`. */
export function checkParams(params: Json, runId: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(params));
  const max = largestState - others;
  if (bytes <= max) return;
  throw tooLarge(
    runId,
    `its params are ${bytes} bytes, and a state machine has room for ${max} (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)`,
  );
}

/** Refuses params that have no room in a request to a function, which is an attempt as JSON. Errors: `PARAMS_INVALID`. */
export function checkPayload(payload: string, runId: string): void {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= largestPayload) return;
  throw tooLarge(
    runId,
    `with its params a request to a function is ${bytes} bytes, and Lambda takes ${largestPayload} (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)`,
  );
}

function tooLarge(runId: string, what: string): GlacierError {
  return new GlacierError("PARAMS_INVALID", {
    message: `run ${runId}: ${what}`,
    hint: "Put what is large into a dataset, and its name into the params.",
    context: { runId },
  });
}
