import { writeFileSync } from "node:fs";
import { type ErrorCode, GlacierError, isGlacierError } from "@glacier/core";
import type { RemoteSource } from "@glacier/core/execute";
import { exitCodes, largestTermination } from "../deployment.ts";

/** What a container can be told to do. `signal` fires when the pod is told to stop, with the error to end with. */
export type Roles = Readonly<Record<string, (site: RemoteSource, signal: AbortSignal) => Promise<void>>>;

/** Runs what `role` names, and ends the process with one of {@link exitCodes}. */
export async function runRole(role: string, roles: Roles, open: () => Promise<RemoteSource>): Promise<never> {
  const controller = new AbortController();
  process.once("SIGTERM", () => controller.abort(stopped()));
  // What waits for nothing would otherwise end the process as if all were well.
  const alive = setInterval(() => {}, 2 ** 30);
  let exitCode: number = exitCodes.succeeded;
  try {
    const run = roles[role];
    if (run === undefined) throw unknownRole(role, roles);
    const site = await open();
    try {
      await run(site, controller.signal);
    } finally {
      await site.registry.close();
    }
  } catch (thrown) {
    const error = isGlacierError(thrown) ? thrown : defect(thrown);
    exitCode = exitCodeOf(error);
    tell(error);
  }
  clearInterval(alive);
  // What the task's code left open must not keep the container.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  process.exit(exitCode);
}

/** Engines retry by it. */
export function exitCodeOf({ code, retryable }: { readonly code: ErrorCode; readonly retryable: boolean }): number {
  if (code === "CANCELLED") return exitCodes.stopped;
  return retryable ? exitCodes.failed : exitCodes.failedForGood;
}

/** For people in the log, and in short for whoever looks at the pod. */
function tell(error: GlacierError): void {
  const { stack } = error.toJSON();
  const said = `${error.code}: ${error.message}\n${error.hint}\n`;
  process.stderr.write(`${said}${stack === undefined ? "" : `${stack}\n`}`);
  try {
    const bytes = Buffer.from(said);
    writeFileSync("/dev/termination-log", bytes.subarray(0, largestTermination));
  } catch {
    // Outside of a pod there is no such file.
  }
}

function stopped(): GlacierError {
  return new GlacierError("CANCELLED", {
    message: "the container was told to stop",
    hint: "Resume the run: what is committed is not done again.",
  });
}

function unknownRole(role: string, roles: Roles): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `the container is told to run ${JSON.stringify(role)}`,
    hint: `Its argument is one of ${Object.keys(roles).join(", ")}: deploy what KubernetesTarget emits, unchanged.`,
  });
}

/** Whatever is no GlacierError must be Glacier's own mistake. */
function defect(cause: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the container's host failed",
    hint: "This is a defect; please report it.",
    cause,
  });
}
