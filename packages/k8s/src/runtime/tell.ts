// What a pod says of its attempt, in its log, to whoever started its Job; loaded before the pipeline's module.
import { writeFileSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { inspect } from "node:util";
import { type EventSink, GlacierError, isGlacierError, type LogLevel, type TaskInvocation } from "@glacier/core";
import { jsonLine, outputLog, unsettled } from "@glacier/core/execute";
import { largestTermination } from "../deployment.ts";
import { type PodMessage, type PodSaying, paths } from "../executor/protocol.ts";

/** One attempt, which is told of as it goes. */
export interface ToldAttempt {
  /** Starts each line of the log that is for Glacier. */
  readonly mark: string;
  readonly invocation: Pick<TaskInvocation, "runId" | "task" | "attempt">;
  /** Values to mask in what this process prints. */
  readonly secrets: Readonly<Record<string, string>>;
  run(emit: EventSink): Promise<void>;
}

/** The task's own code may replace it. */
const write = process.stdout.write.bind(process.stdout);

/** Runs an attempt, tells its events and its end, and ends the process. */
export async function tellAttempt({ mark, invocation, secrets, run }: ToldAttempt): Promise<void> {
  let number = 0;
  const say = (saying: PodSaying) => {
    const message: PodMessage = { ...saying, number: ++number };
    write(`${mark}${jsonLine(message)}\n`);
  };
  const end = (answer: Extract<PodSaying, { done: true } | { failed: unknown }>) => {
    flush();
    say(answer);
    leaveMessage(answer);
  };
  const log = outputLog(invocation as TaskInvocation, (event) => say({ event }), secrets);
  const flush = takeOutput(log);
  // The first process of a container ignores what it doesn't handle.
  process.once("SIGTERM", () => process.exit(143));
  process.once("beforeExit", () => {
    end({ failed: unsettled(invocation.task).toJSON() });
    process.exit(1);
  });
  // Node would print it with what secrets are in it.
  process.on("uncaughtException", (error) => {
    if (process.listenerCount("uncaughtException") > 1) return; // the task's own takes it
    flush();
    for (const line of inspect(error).split("\n")) log("error", line);
    write("", () => process.exit(1));
  });
  let failed = false;
  try {
    await run((event) => say({ event }));
    end({ done: true });
  } catch (error) {
    failed = true;
    end({ failed: (isGlacierError(error) ? error : internal(error)).toJSON() });
  }
  // A handle that the task left open must not keep the pod.
  write("", () => process.exit(failed ? 1 : 0));
}

/** Each line that this process prints, by stream: a pod's log doesn't keep the two apart. Answers what passes on the last, unfinished lines. */
function takeOutput(log: (level: LogLevel, line: string) => void): () => void {
  const flushes = (["stdout", "stderr"] as const).map((name) => {
    const level = name === "stdout" ? "info" : "warn";
    const decoder = new StringDecoder();
    let rest = "";
    process[name].write = ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
      const lines = `${rest}${typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk))}`.split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const text of lines) log(level, text);
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done as () => void);
      return true;
    }) as typeof process.stdout.write;
    return () => {
      if (rest !== "") log(level, rest);
      rest = "";
    };
  });
  return () => {
    for (const flush of flushes) flush();
  };
}

/** For an executor that can't read the log any more. An error that is too long is left out: the log has it. */
function leaveMessage(answer: object): void {
  const text = JSON.stringify(answer);
  if (Buffer.byteLength(text) > largestTermination) return;
  try {
    writeFileSync(paths.message, text);
  } catch {
    // the log has it
  }
}

function internal(error: unknown): GlacierError {
  return new GlacierError("INTERNAL", {
    message: "the pod's host failed",
    hint: "This is a defect; please report it.",
    cause: error,
  });
}
