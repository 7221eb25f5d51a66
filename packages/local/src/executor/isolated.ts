import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  deserializeError,
  type ExecutionContext,
  findTask,
  GlacierError,
  type RunEvent,
  type SerializedError,
  type ServerlessCompute,
  type TaskInvocation,
  type TaskRuntime,
} from "@glacier/core";
import { outputLog, type RemoteTask, remoteTask, secretsOf } from "@glacier/core/execute";
import { processChannel, serveMemory } from "../storage/index.ts";
import { logLines, type Said } from "./lines.ts";
import { watchMemory } from "./memory-limit.ts";
import { flagsFrom } from "./node-flags.ts";
import { sibling } from "./sibling.ts";

/** What the child is told first. */
export interface FunctionCall {
  readonly task: RemoteTask;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What the child says; the task's own code may use the same line (`process.send`), so it stands in an envelope. */
export interface FunctionMessage {
  readonly glacier: { readonly event: RunEvent } | Answer;
}

type Answer = { readonly done: true } | { readonly failed: SerializedError };

/** MiB that a function has when its compute doesn't say. */
export const defaultMemory = 1024;

/** Milliseconds that whoever inherited the output of a process that is gone may hold it open. */
const drainTime = 1000;

/**
 * Runs one attempt the way a cloud function would: in a process of its own, with its memory limit (heap and buffers
 * alike), only its own environment, and nothing left when it ends.
 * Errors: those of `executeTask`, `OUT_OF_MEMORY`, `TASK_CRASHED` (`context.exitCode`), the signal's reason.
 */
export async function runIsolated(
  compute: ServerlessCompute,
  invocation: TaskInvocation,
  context: ExecutionContext,
  runtime: TaskRuntime,
): Promise<void> {
  const { signal, plan } = context;
  const task = remoteTask(invocation, context);
  const call: FunctionCall = { task, secrets: await secretsOf(findTask(plan.tasks, invocation.task), runtime) };
  signal.throwIfAborted();

  const memory = compute.memory ?? defaultMemory;
  const child = fork(fileURLToPath(sibling(import.meta.url, "function")), {
    execArgv: [...flagsFrom(import.meta.url), `--max-old-space-size=${Math.max(1, Math.floor(memory))}`],
    env: { ...compute.env },
    serialization: "advanced",
    // A process group of its own: what it starts itself ends with it.
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const kill = () => killGroup(child);
  const limit = watchMemory(child, memory, kill);
  signal.addEventListener("abort", kill, { once: true });
  try {
    serveMemory(processChannel(child), (resource) => context.registry.storage(resource));
    const outcome = await converse(child, call, invocation, context);
    signal.throwIfAborted();
    if ("done" in outcome) return;
    if ("failed" in outcome) throw deserializeError(outcome.failed);
    throw crashed(invocation, memory, outcome, limit.exceeded());
  } finally {
    signal.removeEventListener("abort", kill);
    limit.stop();
  }
}

interface Crash extends Said {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
}

/** Sends the call, passes on events and output, and waits until the process is gone. */
function converse(
  child: ChildProcess,
  call: FunctionCall,
  invocation: TaskInvocation,
  context: ExecutionContext,
): Promise<Answer | Crash> {
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    const { said } = logLines(child, outputLog(invocation, context.emit, call.secrets));
    child.on("message", (message: unknown) => {
      if (!isOurs(message)) return;
      if ("event" in message.glacier) return context.emit(message.glacier.event);
      answer = message.glacier;
      killGroup(child);
    });
    child.once("error", reject);
    child.once("exit", () => {
      killGroup(child);
      const drained = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, drainTime);
      child.once("close", () => clearTimeout(drained));
    });
    child.once("close", (exitCode, killedBy) => resolve(answer ?? { exitCode, killedBy, ...said() }));
    child.send(call, (error) => {
      if (error !== null) killGroup(child);
    });
  });
}

function isOurs(message: unknown): message is FunctionMessage {
  return typeof message === "object" && message !== null && "glacier" in message;
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
  } catch {
    // the whole group is gone
  }
  child.kill("SIGKILL");
}

function crashed(
  { task }: TaskInvocation,
  memory: number,
  { exitCode, killedBy, heapIsFull }: Crash,
  usedMemory: number | undefined,
): GlacierError {
  if (usedMemory !== undefined || heapIsFull) {
    const used = usedMemory === undefined ? "its heap was full" : `it had ${Math.round(usedMemory)} MiB`;
    return new GlacierError("OUT_OF_MEMORY", {
      message: `task "${task}" needed more than its ${memory} MiB (${used})`,
      hint: "Raise compute.serverless({ memory }), or stream rows instead of keeping them all.",
      context: { task, memory },
    });
  }
  const how = exitCode === null ? `was killed by ${killedBy}` : `ended with exit code ${exitCode}`;
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}": its function ${how} before it answered`,
    hint: "Look for process.exit() or an unhandled rejection in the task's code or its libraries; its log has the last words.",
    context: { task, ...(exitCode !== null && { exitCode }) },
  });
}
