// What runs inside a container for a function task; bundled together with the pipeline's module, and loaded before it.
import { readFileSync } from "node:fs";
import { findTask, GlacierError, isGlacierError } from "@glacier/core";
import { jsonLine, keepAlive, markRemote, runRemote, unsettled } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { providersHere } from "../here.ts";
import type { ContainerCall, ContainerMessage } from "./function-form.ts";

/** Loads the bundle's modules, by the URL that each had outside of it. */
export type Loaders = Readonly<Record<string, () => Promise<unknown>>>;

markRemote();
/** The task's own code may replace it. */
const write = process.stdout.write.bind(process.stdout);

/** Runs the attempt that the file named by the first argument describes. */
export async function main(loaders: Loaders): Promise<void> {
  const { task, secrets, mark }: ContainerCall = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
  const say = (message: ContainerMessage) => write(`${mark}${jsonLine(message)}\n`);
  keepAlive(findTask(task.plan.tasks, task.invocation.task));
  process.once("beforeExit", () => {
    say({ failed: unsettled(task.invocation.task).toJSON() });
    process.exit(1);
  });
  try {
    await runRemote(task, {
      // A timeout or a cancel ends the whole container.
      signal: new AbortController().signal,
      emit: (event) => say({ event }),
      runtime: { ...nodeRuntime(), secret: async (name) => secrets[name] },
      providers: providersHere(),
      importModule: async (url) => loaders[url]?.(),
    });
    say({ done: true });
  } catch (error) {
    say({ failed: (isGlacierError(error) ? error : internal(error)).toJSON() });
  }
  // A handle that the task left open must not keep the container.
  write("", () => process.exit());
}

function internal(error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the container's host failed",
    hint: "This is a defect; please report it.",
    cause: error,
  });
}
