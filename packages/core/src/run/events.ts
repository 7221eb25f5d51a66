import type { SerializedError } from "../errors/index.ts";
import type { Json } from "../json.ts";

/** Everything that happens in a run, in order. Plain JSON: journal, progress, lineage and telemetry all read this. */
export type RunEvent =
  | RunStarted
  | RunFinished
  | TaskSkipped
  | AttemptStarted
  | AttemptFailed
  | TaskSucceeded
  | TaskFailed
  | TaskCancelled
  | DatasetRead
  | DatasetWritten
  | TaskProgress
  | LogEmitted;

interface EventBase {
  readonly runId: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly time: number;
}

interface TaskEventBase extends EventBase {
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
}

/** The first event of a run, and again the first after a resume. */
export interface RunStarted extends EventBase {
  readonly type: "run.started";
  readonly pipeline: string;
  readonly tenant?: string;
  readonly executor: string;
  readonly params: Json;
  /** Tasks that this run covers, in execution order. */
  readonly tasks: readonly string[];
  readonly resumed: boolean;
}

/** The last event of a run. */
export interface RunFinished extends EventBase {
  readonly type: "run.finished";
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly error?: SerializedError;
}

/** How a run ended. */
export type RunStatus = "succeeded" | "failed" | "cancelled";

/** A task did not run: a resumed run had committed it already, a task before it failed, or the run ended before its turn. */
export interface TaskSkipped extends EventBase {
  readonly type: "task.skipped";
  readonly task: string;
  readonly reason: "committed" | "upstream" | "stopped";
  /** For `upstream`: the task that failed. */
  readonly because?: string;
}

export interface AttemptStarted extends TaskEventBase {
  readonly type: "attempt.started";
}

/** An attempt failed; `retryInMs` is there when another follows. */
export interface AttemptFailed extends TaskEventBase {
  readonly type: "attempt.failed";
  readonly error: SerializedError;
  readonly retryInMs?: number;
}

export interface TaskSucceeded extends TaskEventBase {
  readonly type: "task.succeeded";
  readonly durationMs: number;
}

/** The last attempt failed. */
export interface TaskFailed extends TaskEventBase {
  readonly type: "task.failed";
  readonly error: SerializedError;
  readonly durationMs: number;
}

export interface TaskCancelled extends TaskEventBase {
  readonly type: "task.cancelled";
}

/** An input was read to its end, or as far as the task wanted. */
export interface DatasetRead extends TaskEventBase {
  readonly type: "dataset.read";
  readonly dataset: string;
  readonly bytes: number;
  readonly rows?: number;
  /** Rows that `onInvalid` left out. */
  readonly invalid?: number;
  readonly etag: string;
}

/** An output is committed. */
export interface DatasetWritten extends TaskEventBase {
  readonly type: "dataset.written";
  readonly dataset: string;
  readonly uri: string;
  readonly bytes: number;
  readonly rows?: number;
  /** Rows that `onInvalid` left out. */
  readonly invalid?: number;
  readonly etag: string;
}

/** How far an attempt is; at most a few a second. */
export interface TaskProgress extends TaskEventBase {
  readonly type: "task.progress";
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
  /** What the engine is doing before the task's own code runs: pulling an image, starting a function. */
  readonly note?: string;
}

/** A line from `ctx.log`, or from a command's stdout (`info`) or stderr (`warn`). Secrets are masked. */
export interface LogEmitted extends TaskEventBase {
  readonly type: "log";
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: { readonly [key: string]: Json };
}

/** Severity of a log line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Takes events one by one, in order; must not throw. */
export type EventSink = (event: RunEvent) => void;
