import { describeThrown, GlacierError, isGlacierError } from "@glacier/core";
import type { RemoteAttempt, RemoteSource } from "@glacier/core/execute";
import { attemptHere } from "@glacier/core/node";
import { variables } from "../deployment.ts";
import { exitCodes } from "./exit-codes.ts";
import { defect } from "./lambda.ts";
import { readSecret } from "./secrets.ts";

/** Runs the attempt that the environment names, and ends the process. */
export async function containerMain(site: Promise<RemoteSource>): Promise<never> {
  const controller = new AbortController();
  // ECS gives 30 seconds. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
  process.once("SIGTERM", () => controller.abort(stopped()));
  // What waits for nothing would otherwise end the process as if all were well.
  const alive = setInterval(() => {}, 2 ** 30);
  let exitCode: number = exitCodes.succeeded;
  try {
    await attemptHere(attemptOf(process.env), await site, { secret: readSecret, signal: controller.signal });
  } catch (thrown) {
    const error = isGlacierError(thrown) ? thrown : defect(thrown);
    exitCode =
      error.code === "CANCELLED" ? exitCodes.stopped : error.retryable ? exitCodes.failed : exitCodes.failedForGood;
    const { stack } = error.toJSON();
    process.stderr.write(`${error.code}: ${error.message}\n${error.hint}\n${stack === undefined ? "" : `${stack}\n`}`);
  }
  clearInterval(alive);
  // What the task's code left open must not keep the container.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  process.exit(exitCode);
}

function attemptOf(env: NodeJS.ProcessEnv): RemoteAttempt {
  const { [variables.task]: task = "", [variables.attempt]: attempt, [variables.run]: run = "" } = env;
  try {
    return { task, attempt: Number(attempt), run: JSON.parse(run) as RemoteAttempt["run"] };
  } catch (cause) {
    throw new GlacierError("OPTION_INVALID", {
      message: `the container is told no attempt: ${variables.run} is no JSON (${describeThrown(cause)})`,
      hint: `Whoever starts it sets ${Object.values(variables).join(", ")}.`,
      cause,
    });
  }
}

function stopped(): GlacierError {
  return new GlacierError("CANCELLED", {
    message: "the container was told to stop",
    hint: "Resume the run: what is committed is not done again.",
  });
}
