import { findTask, type TaskInvocation } from "@glacier/core";
import { executeTask, keepAlive, type RemoteSource } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { variables } from "../deployment.ts";
import { inherited, readSecret, untold } from "./task.ts";
import { tellAttempt } from "./tell.ts";

/** Runs the attempt that the driver started, which follows it in the pod's log; ends the process. */
export async function attemptForDriver(open: () => Promise<RemoteSource>): Promise<void> {
  const { env } = process;
  const invocation = invocationOf(env);
  const secrets = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(variables.secret)));
  await tellAttempt({
    mark: env[variables.mark] ?? "",
    invocation,
    secrets: secrets as Record<string, string>,
    async run(emit) {
      const site = await open();
      keepAlive(findTask(site.plan.tasks, invocation.task));
      const runtime = {
        ...nodeRuntime({ env: inherited(env) }),
        secret: async (name: string) => readSecret(name, env),
      };
      try {
        // A timeout or a cancel ends the whole pod.
        await executeTask(invocation, { ...site, signal: new AbortController().signal, emit }, runtime);
      } finally {
        await site.registry.close();
      }
    },
  });
}

function invocationOf(env: NodeJS.ProcessEnv): TaskInvocation {
  try {
    return JSON.parse(env[variables.invocation] ?? "") as TaskInvocation;
  } catch (cause) {
    throw untold(variables.invocation, cause);
  }
}
