import { describeThrown, GlacierError } from "@glacier/core";
import type { RemoteAttempt, RemoteSource } from "@glacier/core/execute";
import { attemptHere } from "@glacier/core/node";
import { variables } from "../deployment.ts";

/** Runs the attempt that the environment names. Errors: those of `attemptHere`, `OPTION_INVALID`. */
export async function runTask(site: RemoteSource, signal: AbortSignal): Promise<void> {
  const { env } = process;
  await attemptHere(attemptOf(env), site, {
    secret: async (name) => readSecret(name, env),
    signal,
    env: inherited(env),
  });
}

/** The attempt that an engine started: its number, or how often it was tried before. */
export function attemptOf(env: NodeJS.ProcessEnv): RemoteAttempt {
  const { [variables.task]: task = "", [variables.attempt]: attempt, [variables.run]: run = "" } = env;
  const retries = env[variables.retries];
  try {
    const number = attempt === undefined ? Number(retries) + 1 : Number(attempt);
    if (!Number.isInteger(number)) throw new TypeError(`${variables.attempt} is no number`);
    return { task, attempt: number, run: JSON.parse(run) as RemoteAttempt["run"] };
  } catch (cause) {
    throw new GlacierError("OPTION_INVALID", {
      message: `the container is told no attempt: ${describeThrown(cause)}`,
      hint: `Whoever starts it sets ${variables.task}, ${variables.attempt} (or ${variables.retries}) and ${variables.run}.`,
      cause,
    });
  }
}

function readSecret(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[`${variables.secret}${name}`];
  if (value !== undefined) return value;
  throw new GlacierError("SECRET_MISSING", {
    message: `secret "${name}" is not in the pod's environment`,
    hint: "Declare it in the task's `secrets`, and deploy again what KubernetesTarget emits.",
  });
}

/** A command gets its secrets under their own variables, and those of nobody else. */
function inherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(variables.secret)));
}
