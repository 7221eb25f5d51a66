// The process of an isolated function: answers the one call of isolated.ts.
import { GlacierError, isGlacierError } from "@glacier/core";
import { runRemote } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { processChannel, remoteMemory } from "../storage/index.ts";
import { providersHere } from "./here.ts";
import type { FunctionCall, FunctionMessage } from "./isolated.ts";

process.on("message", async (message: unknown) => {
  if (typeof message !== "object" || message === null || !("task" in message)) return;
  const { task, secrets } = message as FunctionCall;
  try {
    await runRemote(task, {
      // A timeout or a cancel ends the whole process.
      signal: new AbortController().signal,
      emit: (event) => say({ event }),
      runtime: { ...nodeRuntime(), secret: async (name) => secrets[name] },
      providers: providersHere(remoteMemory(processChannel(process))),
    });
    say({ done: true });
  } catch (error) {
    say({ failed: (isGlacierError(error) ? error : internal(error)).toJSON() });
  }
});

// Whoever started this is gone: nobody waits for an answer. What the task itself started ends too.
process.on("disconnect", () => {
  try {
    if (process.platform !== "win32") process.kill(-process.pid, "SIGKILL");
  } finally {
    process.exit(1);
  }
});

function say(glacier: FunctionMessage["glacier"]): void {
  if (process.connected) process.send?.({ glacier } satisfies FunctionMessage);
}

function internal(error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the function's host failed",
    hint: "This is a defect; please report it.",
    cause: error,
  });
}
