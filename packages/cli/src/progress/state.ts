import type { DatasetWritten, RunEvent, RunFinished, RunStarted, SerializedError, TaskSkipped } from "@glacier/core";

/** How far a task is. `committed`: done by an earlier start of a resumed run. */
export type TaskStatus =
  | "waiting"
  | "running"
  | "retrying"
  | "succeeded"
  | "committed"
  | "failed"
  | "cancelled"
  | "skipped";

/** What the events so far say of one task. */
export interface TaskState {
  readonly name: string;
  status: TaskStatus;
  /** 0 before the first. */
  attempt: number;
  /** Milliseconds since 1970-01-01 UTC; of the first attempt. */
  startedAt: number;
  durationMs: number;
  /** While retrying: when the next attempt starts. */
  retryAt: number;
  rowsRead: number;
  bytesRead: number;
  rowsWritten: number;
  bytesWritten: number;
  note: string | undefined;
  error: SerializedError | undefined;
  skipped: TaskSkipped | undefined;
  readonly outputs: DatasetWritten[];
}

/** A run as its events tell it: fed one by one, some operations each, whatever the graph's size. */
export class RunState {
  started: RunStarted | undefined;
  finished: RunFinished | undefined;
  readonly tasks: Map<string, TaskState> = new Map();
  readonly counts: Record<TaskStatus, number> = {
    waiting: 0,
    running: 0,
    retrying: 0,
    succeeded: 0,
    committed: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
  };
  /** Running or waiting for a retry, longest first. */
  readonly active: Set<TaskState> = new Set();
  /** The last ones to end, latest last. */
  readonly recent: TaskState[] = [];

  apply(event: RunEvent): void {
    if (event.type === "run.started") return this.#start(event);
    if (event.type === "run.finished") {
      this.finished = event;
      return;
    }
    const task = this.#task(event.task);
    switch (event.type) {
      case "task.skipped":
        task.skipped = event;
        return this.#move(task, event.reason === "committed" ? "committed" : "skipped");
      case "attempt.started":
        task.attempt = event.attempt;
        task.startedAt ||= event.time;
        task.note = undefined;
        task.outputs.length = 0;
        Object.assign(task, { rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 });
        return this.#move(task, "running");
      case "attempt.failed":
        task.error = event.error;
        if (event.retryInMs === undefined) return;
        task.retryAt = event.time + event.retryInMs;
        return this.#move(task, "retrying");
      case "task.progress":
        task.note = event.note;
        task.rowsRead = event.rowsRead;
        task.bytesRead = event.bytesRead;
        task.rowsWritten = event.rowsWritten;
        task.bytesWritten = event.bytesWritten;
        return;
      case "dataset.written":
        task.outputs.push(event);
        return;
      case "task.succeeded":
        task.error = undefined;
        task.durationMs = event.durationMs;
        return this.#move(task, "succeeded");
      case "task.failed":
        task.error = event.error;
        task.durationMs = event.durationMs;
        return this.#move(task, "failed");
      case "task.cancelled":
        task.durationMs = task.startedAt === 0 ? 0 : event.time - task.startedAt;
        return this.#move(task, "cancelled");
    }
  }

  /** Tasks that won't change any more. */
  get ended(): number {
    const { succeeded, committed, failed, cancelled, skipped } = this.counts;
    return succeeded + committed + failed + cancelled + skipped;
  }

  /** Tasks whose outputs are there. */
  get done(): number {
    return this.counts.succeeded + this.counts.committed;
  }

  /** A resumed run starts again, with the same or other tasks. */
  #start(event: RunStarted): void {
    this.started = event;
    this.finished = undefined;
    this.tasks.clear();
    this.active.clear();
    this.recent.length = 0;
    for (const status of Object.keys(this.counts) as TaskStatus[]) this.counts[status] = 0;
    for (const name of event.tasks) this.#task(name);
  }

  #task(name: string): TaskState {
    let task = this.tasks.get(name);
    if (task === undefined) {
      task = {
        name,
        status: "waiting",
        attempt: 0,
        startedAt: 0,
        durationMs: 0,
        retryAt: 0,
        rowsRead: 0,
        bytesRead: 0,
        rowsWritten: 0,
        bytesWritten: 0,
        note: undefined,
        error: undefined,
        skipped: undefined,
        outputs: [],
      };
      this.tasks.set(name, task);
      this.counts.waiting++;
    }
    return task;
  }

  #move(task: TaskState, status: TaskStatus): void {
    this.counts[task.status]--;
    this.counts[status]++;
    task.status = status;
    if (status === "running" || status === "retrying") {
      this.active.add(task);
      return;
    }
    this.active.delete(task);
    this.recent.push(task);
    if (this.recent.length > recentLength) this.recent.shift();
  }
}

/** More than any terminal has lines. */
const recentLength = 200;
