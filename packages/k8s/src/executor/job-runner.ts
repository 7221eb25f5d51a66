import type { EventSink, ExecutionContext, TaskInvocation } from "@glacier/core";
import { outputLog } from "@glacier/core/execute";
import { labelValue } from "../names.ts";
import type { Cluster } from "./cluster.ts";
import { runJob } from "./run-job.ts";
import type { JobAttempt } from "./start-job.ts";
import { type RunWatch, watchRun } from "./watch.ts";

/** What a {@link JobRunner} runs: an attempt's Job, and what tells of it in a pod's log. */
export interface RunnableAttempt extends JobAttempt {
  /** Values to mask in lines of the pod's log that are none of Glacier's. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Seconds that a pod may wait for room, quota or its image. */
export const defaultPendingTimeout = 600;

/** Lines of a log that the error of a crash may quote. */
const remembered = 20;

/** Runs attempts as Jobs, whoever made them, and tells of them as executors do. */
export class JobRunner {
  readonly #pendingTimeout: number;
  /** By run ids. */
  readonly #watches = new Map<string, RunWatch>();

  constructor(pendingTimeout: number = defaultPendingTimeout) {
    this.#pendingTimeout = pendingTimeout;
  }

  /** Errors: those of `runJob`. */
  async run(
    attempt: RunnableAttempt,
    invocation: TaskInvocation,
    { emit, signal }: ExecutionContext,
    cluster: Cluster,
  ): Promise<void> {
    const { runId, task, attempt: number } = invocation;
    let words: readonly string[] = [];
    const tell: EventSink = (event) => {
      if (event.type === "log") words = [...words.slice(1 - remembered), event.message];
      emit(event);
    };
    const print = outputLog(invocation, tell, attempt.secrets);
    await runJob(attempt, {
      cluster,
      watch: this.#watch(runId, cluster),
      pendingTimeout: this.#pendingTimeout,
      signal,
      event: tell,
      // A pod's log doesn't tell one stream from the other.
      line: (text) => print("info", text),
      lastWords: () => words.join("\n"),
      note: (note) => emit({ type: "task.progress", runId, time: Date.now(), task, attempt: number, ...nothing, note }),
    });
  }

  /** Ends its watches. */
  close(): void {
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
  }

  #watch(runId: string, cluster: Cluster): RunWatch {
    let watch = this.#watches.get(runId);
    if (watch === undefined) {
      watch = watchRun(cluster, labelValue(runId));
      this.#watches.set(runId, watch);
    }
    return watch;
  }
}

const nothing = { rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 } as const;
