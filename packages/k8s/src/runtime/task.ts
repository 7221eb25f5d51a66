import { describeThrown, GlacierError } from "@glacier/core";
import type { RemoteAttempt, RemoteSource } from "@glacier/core/execute";
import { attemptHere } from "@glacier/core/node";
import { variables } from "../deployment.ts";

/** Runs the attempt that a workflow names, which has a journal of its own. Errors: those of `attemptHere`, `OPTION_INVALID`. */
export async function runTask(site: RemoteSource, signal: AbortSignal): Promise<void> {
  const { env } = process;
  await attemptHere(attemptOf(env), site, {
    secret: async (name) => readSecret(name, env),
    signal,
    env: inherited(env),
  });
}

/** The attempt that Argo started, which says how often it was tried before. */
export function attemptOf(env: NodeJS.ProcessEnv): RemoteAttempt {
  const { [variables.task]: task = "", [variables.retries]: retries, [variables.run]: run = "" } = env;
  try {
    const attempt = Number(retries) + 1;
    if (!Number.isInteger(attempt)) throw new TypeError(`${variables.retries} is no number`);
    return { task, attempt, run: JSON.parse(run) as RemoteAttempt["run"] };
  } catch (cause) {
    throw untold(`${variables.task}, ${variables.retries} and ${variables.run}`, cause);
  }
}

/** The error of a container whose environment names no attempt. */
export function untold(expected: string, cause: unknown): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `the container is told no attempt: ${describeThrown(cause)}`,
    hint: `Whoever starts it sets ${expected}: deploy what KubernetesTarget emits, unchanged.`,
    cause,
  });
}

export function readSecret(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[`${variables.secret}${name}`];
  if (value !== undefined) return value;
  throw new GlacierError("SECRET_MISSING", {
    message: `secret "${name}" is not in the pod's environment`,
    hint: "Declare it in the task's `secrets`, and deploy again what KubernetesTarget emits.",
  });
}

/** A command gets its secrets under their own variables, and those of nobody else; and it has no word in the log. */
export function inherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hidden = (name: string): boolean => name === variables.mark || name.startsWith(variables.secret);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden(name)));
}
