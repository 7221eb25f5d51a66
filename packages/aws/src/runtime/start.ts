import { GlacierError, type Json } from "@glacier/core";
import { hasAttempts, type RemoteSource } from "@glacier/core/execute";

/** Which run an execution is. */
export interface Start {
  readonly runId: string;
  readonly params: Json;
}

/** What an execution's input may have; the last is Step Functions' own, where another state machine starts this one. */
const keys = ["runId", "params", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"];

/**
 * The run that an execution of that name and input asks for. No other execution of the state machine can have its name, so no
 * other run its id. Errors: `PARAMS_INVALID`, `OPTION_INVALID`.
 */
export function startOf(execution: string, input: Json): Start {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw invalidInput(
      execution,
      `is ${Array.isArray(input) ? "an array" : `no object but ${JSON.stringify(input)?.slice(0, 20)}`}`,
    );
  const { runId = execution, params = {} } = input as Readonly<Record<string, Json>>;
  if (typeof params !== "object" || params === null || Array.isArray(params))
    throw invalidInput(execution, 'has "params" that are no object');
  const unknown = Object.keys(input).filter((key) => !keys.includes(key));
  if (unknown.length > 0) {
    const some = unknown.slice(0, 5).map((key) => JSON.stringify(key.slice(0, 50)));
    throw invalidInput(execution, `has ${some.join(", ")}, which no run takes`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(execution)) {
    throw new GlacierError("OPTION_INVALID", {
      message: `the execution's name "${execution}" is no run id`,
      hint: "Start it under a name of letters, digits, - and _, or without --name.",
    });
  }
  if (runId !== execution) {
    throw new GlacierError("OPTION_INVALID", {
      message: `execution "${execution}" asks for another run id than its name`,
      hint: 'Leave "runId" out of the input, and give the id as the execution\'s name: aws stepfunctions start-execution --name ….',
      context: { runId: execution },
    });
  }
  return { runId: execution, params };
}

/**
 * Refuses an id whose run has begun a task already: one that was scheduled elsewhere, or whose execution Step Functions has
 * forgotten. A beginning alone is there where this step is tried again, or its execution redriven. Errors: `OPTION_INVALID`, storage codes.
 */
export async function refuseTaken(source: Pick<RemoteSource, "plan" | "registry">, runId: string): Promise<void> {
  if (await hasAttempts(source, runId)) throw taken(runId);
}

function invalidInput(execution: string, what: string): GlacierError {
  return new GlacierError("PARAMS_INVALID", {
    message: `the input of execution "${execution}" ${what}`,
    hint: 'Give {}, or { "params": { … } } with the pipeline\'s params.',
  });
}

function taken(runId: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `run ${runId} is there already, and has begun tasks`,
    hint: 'Start under another name, or none. To go on with that run: run({ resume }) with new AWSExecutor({ mode: "direct" }).',
    context: { runId },
  });
}
