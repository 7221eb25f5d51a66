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
import { processChannel, serveMemory } from "../storage/index.ts";
import { logLines } from "./lines.ts";
import { watchMemory } from "./memory-limit.ts";
import { outputLog, type RemoteTask, remoteTask, secretsOf, sibling, sourceConditions } from "./remote.ts";

/** What the child is told first. */
export interface FunctionCall {
  readonly task: RemoteTask;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What the child says. */
export type FunctionMessage =
  | { readonly event: RunEvent }
  | { readonly done: true }
  | { readonly failed: SerializedError };

/** MiB that a function has when its compute doesn't say. */
export const defaultMemory = 1024;

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
    execArgv: [
      ...inherited(),
      ...sourceConditions(import.meta.url),
      `--max-old-space-size=${Math.max(1, Math.floor(memory))}`,
    ],
    env: { ...compute.env },
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const kill = () => child.kill("SIGKILL");
  const limit = watchMemory(child, memory);
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
    kill();
  }
}

type Outcome = Exclude<FunctionMessage, { event: RunEvent }> | Crash;

interface Crash {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly lastWords: string;
}

/** Sends the call, passes on events and output, and waits until the process is gone. */
function converse(
  child: ChildProcess,
  call: FunctionCall,
  invocation: TaskInvocation,
  context: ExecutionContext,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let answer: Outcome | undefined;
    const lastWords = logLines(child, outputLog(invocation, context, call.secrets));
    child.on("message", (message: FunctionMessage | object) => {
      if ("event" in message) context.emit(message.event);
      else if ("done" in message || "failed" in message) {
        answer = message;
        child.kill("SIGKILL");
      }
    });
    child.once("error", reject);
    child.once("close", (exitCode, killedBy) => resolve(answer ?? { exitCode, killedBy, lastWords: lastWords() }));
    child.send(call, (error) => {
      if (error !== null) child.kill("SIGKILL");
    });
  });
}

/** Node's own flags for loading TypeScript travel on; a debugger's port must not. */
function inherited(): string[] {
  return process.execArgv.filter(
    (flag) => !/^--(inspect|cpu-prof|heap-prof|max-old-space-size|eval|print|test)/.test(flag) && !/^-[ep]$/.test(flag),
  );
}

function crashed(
  { task }: TaskInvocation,
  memory: number,
  { exitCode, killedBy, lastWords }: Crash,
  usedMemory: number | undefined,
): GlacierError {
  if (usedMemory !== undefined || /heap out of memory|ERR_WORKER_OUT_OF_MEMORY/.test(lastWords)) {
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
