// The process of an isolated function: answers the one call of isolated.ts.
import { GlacierError, isGlacierError } from "@glacier/core";
import { nodeRuntime } from "@glacier/core/node";
import { processChannel, remoteMemory } from "../storage/index.ts";
import type { FunctionCall, FunctionMessage } from "./isolated.ts";
import { runRemote } from "./remote.ts";

process.on("message", async (message: FunctionCall | object) => {
  if (!("task" in message)) return;
  const { task, secrets } = message;
  try {
    await runRemote(task, {
      // A timeout or a cancel ends the whole process.
      signal: new AbortController().signal,
      emit: (event) => say({ event }),
      runtime: { ...nodeRuntime(), secret: async (name) => secrets[name] },
      memory: remoteMemory(processChannel(process)),
    });
    say({ done: true });
  } catch (error) {
    say({ failed: (isGlacierError(error) ? error : internal(error)).toJSON() });
  }
});

// Whoever started this is gone: nobody waits for an answer.
process.on("disconnect", () => process.exit(1));

function say(message: FunctionMessage): void {
  if (process.connected) process.send?.(message);
}

function internal(error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the function's host failed",
    hint: "This is a defect; please report it.",
    cause: error,
  });
}
