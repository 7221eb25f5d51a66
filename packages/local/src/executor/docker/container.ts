// What runs inside a container for a function task; bundled together with the pipeline's module.
import { readFileSync } from "node:fs";
import { GlacierError, isGlacierError } from "@glacier/core";
import { nodeRuntime } from "@glacier/core/node";
import { runRemote } from "../remote.ts";
import type { ContainerCall, ContainerMessage } from "./function-form.ts";

type Module = Readonly<Record<string, unknown>>;

/** Runs the attempt that the file named by the first argument describes. */
export async function main(loaded: {
  readonly pipeline: Module;
  readonly providers: readonly Module[];
}): Promise<void> {
  const { task, secrets, mark }: ContainerCall = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
  const say = (message: ContainerMessage) => process.stdout.write(`${mark}${JSON.stringify(message)}\n`);
  try {
    await runRemote(task, {
      // A timeout or a cancel ends the whole container.
      signal: new AbortController().signal,
      emit: (event) => say({ event }),
      runtime: { ...nodeRuntime(), secret: async (name) => secrets[name] },
      loaded,
    });
  } catch (error) {
    say({ failed: (isGlacierError(error) ? error : internal(error)).toJSON() });
    process.exitCode = 1;
  }
  // A handle that the task left open must not keep the container.
  process.stdout.write("", () => process.exit());
}

function internal(error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the container's host failed",
    hint: "This is a defect; please report it.",
    cause: error,
  });
}
