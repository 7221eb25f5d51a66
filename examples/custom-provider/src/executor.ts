import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type AnyPipeline,
  deserializeError,
  type EventSink,
  type ExecutionContext,
  type Executor,
  findTask,
  GlacierError,
  type LogLevel,
  type Plan,
  type Provider,
  type StorageResource,
  type TaskInvocation,
} from "@glacier/core";
import { outputLog, remoteTask, secretsOf, withoutModule } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { provider } from "./index.ts";
import { checkOption } from "./options.ts";
import { type Answer, type Call, toLine } from "./protocol.ts";
import { defaults } from "./redis.ts";

/** Options of {@link ProcessExecutor}. */
export interface ProcessExecutorOptions {
  /** What starts Node: `["ssh", "worker-1", "node"]`, say, where the same files are in the same places. Default this Node. */
  readonly command?: readonly string[];
  /** Where datasets go that name no storage of their own. */
  readonly storage?: StorageResource;
  /** Where manifests and journals go. */
  readonly state?: StorageResource;
  /** Where secrets are looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs each attempt in a process of its own: on this machine, or wherever `command` leads. */
export class ProcessExecutor implements Executor<"process"> {
  readonly name = "process";
  readonly supports: readonly "process"[] = ["process"];
  readonly defaultStorage: StorageResource;
  readonly state: StorageResource;
  readonly providers: readonly Provider[] = [provider];
  readonly #command: readonly string[];
  readonly #env: Readonly<Record<string, string | undefined>>;

  /** Errors: `OPTION_INVALID`. */
  constructor({ command = [process.execPath], env = process.env, storage, state }: ProcessExecutorOptions = {}) {
    checkOption(
      Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === "string" && word !== ""),
      "the command of a process executor must be an array of words",
      'Write command: ["node"], say, or leave it out.',
    );
    this.defaultStorage = storage ?? defaults.storage;
    this.state = state ?? defaults.state;
    this.#command = command;
    this.#env = env;
  }

  /** Errors: those of `executeTask`, `TASK_CRASHED`, the signal's reason. */
  async execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    const { signal, plan, emit } = context;
    const secrets = await secretsOf(findTask(plan.tasks, invocation.task), nodeRuntime({ env: this.#env }));
    const call: Call = { task: remoteTask(invocation, context), secrets, token: crypto.randomUUID() };
    signal.throwIfAborted();

    const [program = "", ...args] = [...this.#command, childModule];
    // A process group of its own: whatever the task starts ends with it.
    const child = spawn(program, args, { stdio: "pipe", detached: true });
    const stop = (): void => kill(child);
    signal.addEventListener("abort", stop, { once: true });
    try {
      const end = await converse(child, call, emit, outputLog(invocation, emit, secrets));
      signal.throwIfAborted();
      if (typeof end === "string") throw crashed(invocation.task, end);
      if ("failed" in end) throw deserializeError(end.failed);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Said before anything runs, and not by every task. */
  check({ tasks }: Plan, { name, module }: AnyPipeline): readonly Error[] {
    return module === undefined && tasks[0] !== undefined ? [withoutModule(name, tasks[0].name)] : [];
  }
}

/** Beside this file, built (`.js`) or not (`.ts`). */
const childModule = fileURLToPath(import.meta.url).replace(/executor(\.[jt]s)$/, "child$1");

type End = Exclude<Answer, { readonly event: unknown }>;

/** Sends the call, passes on events and output until the process is gone; answers its last word, or how it ended without one. */
function converse(
  child: ChildProcess,
  call: Call,
  emit: EventSink,
  log: (level: LogLevel, line: string) => void,
): Promise<End | string> {
  return new Promise((resolve) => {
    let end: End | string | undefined;
    eachLine(child.stdout, (line) => {
      const [output = "", json] = line.split(call.token, 2);
      if (json === undefined || output !== "") log("info", output);
      if (json === undefined) return;
      const answer: Answer = JSON.parse(json);
      if ("event" in answer) return emit(answer.event);
      end = answer;
      kill(child);
    });
    eachLine(child.stderr, (line) => log("warn", line));
    child.once("error", ({ message }) => resolve(message));
    child.once("exit", () => {
      kill(child);
      // A process that left the group may hold the output open for ever.
      const drain = setTimeout(() => [child.stdout, child.stderr].map((stream) => stream?.destroy()), 1000);
      child.once("close", () => clearTimeout(drain));
    });
    child.once("close", (code, signal) =>
      resolve(end ?? (signal ? `it was killed by ${signal}` : `exit code ${code}`)),
    );
    child.stdin?.on("error", () => {}); // it ended before it read
    child.stdin?.write(toLine(call));
  });
}

function eachLine(stream: ChildProcess["stdout"], take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
}

/** Ends the process and all of its group. */
function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // the group is gone, or this is Windows, which has none
  }
}

function crashed(task: string, how: string): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `task "${task}": its process ended before it answered: ${how}`,
    hint: "Look for process.exit() in the task's code, and at its log for the last words.",
    context: { task },
  });
}
