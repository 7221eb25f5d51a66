// The process of one attempt: reads the call of executor.ts, runs the task, answers.
import { createInterface } from "node:readline";
import { GlacierError, isGlacierError } from "@glacier/core";
import { runRemote } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { type Answer, type Call, toLine } from "./protocol.ts";

const stdin = createInterface({ input: process.stdin });
stdin.once("line", async (line) => {
  const { task, secrets, token }: Call = JSON.parse(line);
  const say = (answer: Answer): boolean => process.stdout.write(token + toLine(answer));
  try {
    await runRemote(task, {
      signal: new AbortController().signal, // an abort ends this process
      emit: (event) => say({ event }),
      runtime: { ...nodeRuntime(), secret: async (name) => secrets[name] },
    });
    say({ done: true });
  } catch (error) {
    say({ failed: (isGlacierError(error) ? error : defect(error)).toJSON() });
  }
});

// Whoever started this is gone, and with it the reason to go on.
stdin.once("close", () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } finally {
    process.exit(1);
  }
});

function defect(cause: unknown): GlacierError {
  return new GlacierError("INTERNAL", { message: "the process of a task failed", hint: "Please report it.", cause });
}
