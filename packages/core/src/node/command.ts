import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { GlacierError } from "../errors/index.ts";
import type { LogLevel } from "../run/events.ts";
import type { CommandInvocation } from "../run/runtime.ts";

/** Lines of stderr that an error quotes. */
const quoted = 5;

/**
 * Runs a command in a process group of its own, in its scratch folder; the whole group is killed when the signal fires.
 * stdout and stderr become log lines. Errors: `COMMAND_FAILED`, and the signal's reason.
 */
export async function runCommand(
  invocation: CommandInvocation,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { command, scratch, signal, log } = invocation;
  signal.throwIfAborted();
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: scratch.path,
    env: { ...env, ...invocation.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // it is gone already
    }
  };
  signal.addEventListener("abort", kill, { once: true });
  try {
    const lastErrors: string[] = [];
    const out = lines(child.stdout, "info", log);
    const err = lines(child.stderr, "warn", (level, line) => {
      lastErrors.push(line);
      if (lastErrors.length > quoted) lastErrors.shift();
      log(level, line);
    });
    const [exitCode, killedBy] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once("error", (error) => reject(notStarted(program, error)));
      // What it left in the background would keep its output open.
      child.once("exit", kill);
      child.once("close", (code, by) => resolve([code, by]));
    });
    await Promise.all([out, err]);
    signal.throwIfAborted();
    if (exitCode !== 0) throw failed(program, exitCode, killedBy, lastErrors);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}

async function lines(stream: Readable, level: LogLevel, log: (level: LogLevel, line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) log(level, line);
}

function notStarted(program: string, cause: Error): GlacierError {
  const absent = "code" in cause && cause.code === "ENOENT";
  return new GlacierError("COMMAND_FAILED", {
    message: `the command "${program}" ${absent ? "is not on this machine" : `can't be started: ${cause.message}`}`,
    hint: "Install it, give its full path, or run the task in a container that has it: compute.container({ image }).",
    cause,
    retryable: false,
  });
}

function failed(
  program: string,
  exitCode: number | null,
  killedBy: string | null,
  lastErrors: readonly string[],
): GlacierError {
  const how = exitCode === null ? `was killed by ${killedBy}` : `ended with exit code ${exitCode}`;
  return new GlacierError("COMMAND_FAILED", {
    message: `the command "${program}" ${how}${lastErrors.length > 0 ? `:\n${lastErrors.join("\n")}` : ""}`,
    hint: "Its own output, in the run's log, says why.",
    context: { ...(exitCode !== null && { exitCode }) },
  });
}
