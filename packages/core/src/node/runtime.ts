import type { TaskRuntime } from "../run/runtime.ts";
import { secretVariable } from "../task/secret.ts";
import { runCommand } from "./command.ts";
import { createScratch } from "./scratch.ts";

/** Options of {@link nodeRuntime}. */
export interface NodeRuntimeOptions {
  /** Where secrets are looked up, and what a command inherits. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Parent of the scratch folders. Default the system's temporary folder. */
  readonly tmp?: string;
}

/** Tasks on this machine: scratch folders on disk, secrets from the environment, commands as child processes. */
export function nodeRuntime(options: NodeRuntimeOptions = {}): TaskRuntime {
  const env = options.env ?? process.env;
  return {
    secret: async (name) => env[secretVariable(name)],
    scratch: () => createScratch(options.tmp),
    command: (invocation) => runCommand(invocation, env),
  };
}
