import { isGlacierError } from "@glacier/core";
import { beginRun, finishRun, type RemoteRun, type RemoteSource } from "@glacier/core/execute";
import type { CaughtError, RunRequest } from "../deployment.ts";
import { overridesOf } from "../overrides.ts";
import { checkParams } from "../run-data.ts";
import { caughtError } from "./caught.ts";
import { errorName, shortened, thrownFrom } from "./failure.ts";
import { defect, type LambdaHandler, notAsked } from "./lambda.ts";
import { refuseTaken, startOf } from "./start.ts";

/** What the run function answers: of begin what all tasks are told, of finish how the run ended. */
export type RunAnswer = RemoteRun | { readonly runId: string; readonly error?: CaughtError };

/** The run function: the first and the last step of the state machine. Throws as `taskHandler` does. */
export function runHandler(site: Promise<RemoteSource>): LambdaHandler<RunRequest, RunAnswer> {
  return async (request) => {
    try {
      if (request?.step !== "begin" && request?.step !== "finish") throw notAsked();
      return request.step === "begin" ? await begin(request, await site) : await finish(request, await site);
    } catch (error) {
      throw thrownFrom(isGlacierError(error) ? error : defect(error));
    }
  };
}

async function begin(
  { execution, input }: Extract<RunRequest, { step: "begin" }>,
  site: RemoteSource,
): Promise<RemoteRun> {
  const { runId, params } = startOf(execution, input);
  const run = { runId, params, segment: "000002", selected: "all" } as const;
  checkParams(params, runId);
  // A container would not start, and only ECS would say why.
  for (const { name: task, compute } of site.plan.tasks)
    if (compute?.kind === "container") overridesOf({ task, attempt: 1, run });
  await refuseTaken(site, runId);
  return beginRun(site, { runId, params, executor: "aws" });
}

async function finish({ run, error }: Extract<RunRequest, { step: "finish" }>, site: RemoteSource): Promise<RunAnswer> {
  const { runId } = run;
  if (error === undefined) {
    await finishRun(site, run);
    return { runId };
  }
  const own = await finishRun(site, run, caughtError(error));
  if (own === undefined) return { runId, error };
  return { runId, error: { Error: errorName(own), Cause: JSON.stringify(shortened(own.toJSON())) } };
}
