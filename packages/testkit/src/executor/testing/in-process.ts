import { type Executor, secretVariable } from "@glacier/core";
import { executeTask } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import type { ExecutorCase } from "../test-executor.ts";
import { memoryProvider } from "./memory.ts";

/** The smallest executor that does what it should: everything in this process. */
export function inProcess({ secrets }: { readonly secrets: Readonly<Record<string, string>> }): Executor {
  const held = Object.entries(secrets).map(([name, value]) => [secretVariable(name), value]);
  const runtime = nodeRuntime({ env: { ...process.env, ...Object.fromEntries(held) } });
  return {
    name: "in-process",
    supports: ["local"],
    defaultStorage: { kind: "data" },
    state: { kind: "state" },
    providers: [memoryProvider()],
    execute: (invocation, context) => executeTask(invocation, context, runtime),
  };
}

const loadsNothing = "It runs the pipeline that it is given, and loads no module.";

/** What no executor can do that runs handlers in its own thread. */
export const notInProcess: { readonly [C in ExecutorCase]?: string } = {
  "a timeout ends an attempt that blocks its thread": "A timer can't fire while its own thread is blocked.",
  "what a handler prints becomes log lines, with secrets masked":
    "What a handler prints goes to this process's own output.",
  "a task sees nothing that another left in its process": "All tasks share this process.",
  "a pipeline that doesn't say where its code is: MODULE_INVALID": loadsNothing,
  "a module that doesn't load: MODULE_INVALID says why": loadsNothing,
  "a module that doesn't export the pipeline: MODULE_INVALID": loadsNothing,
};
