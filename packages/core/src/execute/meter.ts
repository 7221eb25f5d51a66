import type { EventSink, TaskProgress } from "../run/events.ts";
import type { TaskInvocation } from "../run/executor.ts";

/** Milliseconds between two `task.progress` events. */
const interval = 250;

/** Counts what an attempt reads and writes, and says so now and then. */
export class Meter {
  rowsRead = 0;
  bytesRead = 0;
  rowsWritten = 0;
  bytesWritten = 0;
  #last = Date.now();
  readonly #invocation: TaskInvocation;
  readonly #emit: EventSink;

  constructor(invocation: TaskInvocation, emit: EventSink) {
    this.#invocation = invocation;
    this.#emit = emit;
  }

  add(what: "rowsRead" | "bytesRead" | "rowsWritten" | "bytesWritten", amount: number): void {
    this[what] += amount;
    const time = Date.now();
    if (time - this.#last < interval) return;
    this.#last = time;
    this.#emit(this.#progress(time));
  }

  #progress(time: number): TaskProgress {
    const { runId, task, attempt } = this.#invocation;
    const { rowsRead, bytesRead, rowsWritten, bytesWritten } = this;
    return { type: "task.progress", runId, time, task, attempt, rowsRead, bytesRead, rowsWritten, bytesWritten };
  }
}
