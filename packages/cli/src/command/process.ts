import { writeSync } from "node:fs";
import { importing } from "../project/import-from.ts";
import { exitCodes } from "./exit-code.ts";

/**
 * Says so when the process ends before the command did: a module whose top-level `await` never comes back, or user code
 * that calls `process.exit`. Answers what to call when the command is done.
 */
export function guardExit(): () => void {
  let done = false;
  let drained = false;
  process.on("beforeExit", () => {
    drained = true;
  });
  process.on("exit", (code) => {
    if (done || code >= 128) return;
    process.exitCode = drained ? exitCodes.invalid : exitCodes.failed;
    // Past all redirection, and at once: nothing asynchronous happens any more.
    writeSync(
      2,
      drained
        ? `✖ MODULE_INVALID a module never finished loading${importing.size === 0 ? "" : `: ${[...importing].join(", ")}`}\n  hint: A top-level await in it (or in what it imports) waits for something that never comes.\n`
        : `✖ TASK_CRASHED something ended the process with exit code ${code}\n  hint: Look for process.exit() in your own code or a library. glacier runs shows how far a run had come.\n`,
    );
  });
  return () => {
    done = true;
  };
}

/** A reader that went away (`glacier runs | head -1`) ends the process as it would any other program. */
export function guardPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.closed);
    throw error;
  });
  process.stderr.on("error", () => {});
}

/** Shows Node's warnings as one line each, and leaves out those about running TypeScript as it is: that is what Glacier is for. */
export function filterWarnings(): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning: Error & { code?: string }) => {
    if (warning.name === "ExperimentalWarning" || warning.code === "MODULE_TYPELESS_PACKAGE_JSON") return;
    process.stderr.write(`warning: ${warning.message.split("\n")[0]}\n`);
  });
}
