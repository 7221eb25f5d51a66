import { GlacierError, isGlacierError } from "@glacier/core";
import type { RemoteAttempt, RemoteSource } from "@glacier/core/execute";
import { attemptHere } from "@glacier/core/node";
import type { TaskAnswer } from "../deployment.ts";
import { thrownFrom } from "./failure.ts";
import { readSecret } from "./secrets.ts";

/** What Lambda tells a function of its invocation, as far as it is needed. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export interface LambdaContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** A handler as Lambda calls it. */
export type LambdaHandler<Request, Answer> = (event: Request, context: LambdaContext) => Promise<Answer>;

/** Milliseconds before the function's own end at which an attempt is stopped, to say so and to write the journal. */
const reserve = 1500;

/** Runs one attempt. What it throws is named by the error's code: see `thrownFrom`. */
export function taskHandler(site: Promise<RemoteSource>): LambdaHandler<RemoteAttempt, TaskAnswer> {
  return async (request, context) => {
    let spent = false;
    try {
      if (typeof request?.task !== "string") throw notAsked();
      const deadline = stopBefore(context, request.task);
      const abandoned = (): void => {
        spent = true;
      };
      try {
        await attemptHere(request, await site, { secret: readSecret, signal: deadline.signal, abandoned });
      } finally {
        deadline.clear();
      }
      return { task: request.task, attempt: request.attempt };
    } catch (error) {
      const thrown = thrownFrom(isGlacierError(error) ? error : defect(error));
      if (spent) await endWith(thrown, context);
      throw thrown;
    }
  };
}

/**
 * Answers as Lambda's runtime client does, and ends this process: a handler that doesn't stop would go on beside the next
 * attempt, print into its log and end it with errors of its own. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
 */
async function endWith({ name, message, stack = "" }: Error, { awsRequestId }: LambdaContext): Promise<never> {
  const place = `http://${process.env["AWS_LAMBDA_RUNTIME_API"]}/2018-06-01/runtime/invocation/${awsRequestId}/error`;
  const trace = stack.split("\n");
  try {
    await fetch(place, {
      method: "POST",
      headers: { "content-type": "application/json", "lambda-runtime-function-error-type": name },
      body: JSON.stringify({ errorType: name, errorMessage: message, trace }),
    });
  } finally {
    process.stderr.write(`${stack}\n`);
    process.exit(1);
  }
}

/** A signal that fires shortly before Lambda ends the process without a word. */
function stopBefore(
  context: LambdaContext,
  task: string,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  const remaining = context.getRemainingTimeInMillis();
  const time = remaining - Math.min(reserve, remaining / 4);
  const timer = setTimeout(() => {
    controller.abort(
      new GlacierError("TASK_TIMEOUT", {
        message: `task "${task}" was stopped after ${Math.round(time / 100) / 10} s: its function's time is over`,
        hint: "Raise compute.serverless({ timeout }), up to 900 s, or use compute.container(…), which may take longer.",
        context: { task },
      }),
    );
  }, time);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/** The error of an invocation by whoever doesn't know what the function is for: the console's test button, say. */
export function notAsked(): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: "this function is a pipeline's, and was not asked for one of its steps",
    hint: "Start the state machine, or run the pipeline with AWSExecutor: they invoke it.",
  });
}

/** Whatever is no GlacierError must be Glacier's own mistake. */
export function defect(cause: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the function's host failed",
    hint: "This is a defect; please report it.",
    cause,
  });
}
