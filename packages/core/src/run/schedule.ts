import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { RetryPolicy } from "../plan/plan.ts";
import { criticalPath, skipTheRest } from "./ends.ts";
import type { EventSink, RunStatus } from "./events.ts";
import { asTaskError, limitTime } from "./limit.ts";

/** What {@link schedule} needs to know of a task. */
export interface ScheduledTask {
  readonly name: string;
  readonly retry: RetryPolicy;
  /** Seconds that one attempt may take. */
  readonly timeout?: number;
}

/** Options of {@link schedule}. */
export interface ScheduleOptions<T extends ScheduledTask> {
  readonly runId: string;
  /** In execution order. */
  readonly tasks: readonly T[];
  /** For each task the indices of those that must succeed before it. */
  readonly dependencies: readonly (readonly number[])[];
  /** Attempts side by side. */
  readonly concurrency: number;
  /** After a failure: start what doesn't depend on it (true), or cancel what runs and start nothing more (false). */
  readonly keepGoing: boolean;
  /** Cancels the run. */
  readonly signal?: AbortSignal | undefined;
  readonly emit: EventSink;
  /** Runs one attempt. Settles soon after its signal fires. */
  execute(task: T, attempt: number, signal: AbortSignal): Promise<void>;
  /** For a resumed run: whether the task's outputs are committed and still match. */
  committed?: ((task: T) => Promise<boolean>) | undefined;
}

/** How one task ended. */
export interface TaskOutcome {
  /** `committed`: an earlier start of a resumed run had done it; `skipped`: it never started. */
  readonly status: "succeeded" | "committed" | "failed" | "cancelled" | "skipped";
  /** 0 for a task that never started. */
  readonly attempts: number;
  /** Milliseconds since 1970-01-01 UTC; 0 for a task that never started. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly error?: GlacierError;
}

/** How a schedule ended. */
export interface ScheduleResult {
  readonly status: RunStatus;
  readonly outcomes: readonly TaskOutcome[];
  /** Indices of the chain of tasks that took longest. */
  readonly criticalPath: readonly number[];
}

/**
 * Runs tasks in the order of their dependencies: concurrency limit, retries with exponential backoff and jitter,
 * per-attempt timeouts, fail-fast or keep-going, cancellation. Never rejects, never recurses; some microseconds a task.
 */
export function schedule<T extends ScheduledTask>(options: ScheduleOptions<T>): Promise<ScheduleResult> {
  return new Promise((resolve) => new Schedule(options, resolve).begin());
}

class Schedule<T extends ScheduledTask> {
  readonly #options: ScheduleOptions<T>;
  readonly #resolve: (result: ScheduleResult) => void;
  readonly #tasks: readonly T[];
  readonly #dependents: number[][];
  /** How many dependencies of each task are still to come. */
  readonly #missing: Int32Array;
  readonly #outcomes: (TaskOutcome | undefined)[];
  readonly #ready: number[] = [];
  #nextReady = 0;
  /** Attempts under way and retries that wait. */
  #active = 0;
  #running = 0;
  /** Fires for every attempt at once: a cancelled run, or the first failure of a fail-fast one. */
  readonly #stop = new AbortController();
  readonly #waits = new Set<() => void>();
  #failed = false;
  #detach: () => void = () => {};

  constructor(options: ScheduleOptions<T>, resolve: (result: ScheduleResult) => void) {
    const { tasks, dependencies } = options;
    this.#options = options;
    this.#resolve = resolve;
    this.#tasks = tasks;
    this.#dependents = tasks.map(() => []);
    this.#missing = new Int32Array(tasks.length);
    this.#outcomes = new Array(tasks.length);
    for (let index = 0; index < tasks.length; index++) {
      const before = dependencies[index] ?? [];
      this.#missing[index] = before.length;
      if (before.length === 0) this.#ready.push(index);
      for (const other of before) this.#dependents[other]?.push(index);
    }
  }

  begin(): void {
    const { signal } = this.#options;
    if (signal !== undefined) {
      const onAbort = () => this.#halt(cancelled(signal.reason));
      signal.addEventListener("abort", onAbort, { once: true });
      this.#detach = () => signal.removeEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
    }
    this.#pump();
  }

  #pump(): void {
    const { concurrency } = this.#options;
    while (this.#running < concurrency && this.#nextReady < this.#ready.length && !this.#stop.signal.aborted) {
      const index = this.#ready[this.#nextReady++] as number;
      this.#active++;
      this.#running++;
      this.#start(index);
    }
    if (this.#active === 0) this.#finish();
  }

  #start(index: number): void {
    const { committed } = this.#options;
    const startedAt = Date.now();
    if (committed === undefined) return this.#attempt(index, 1, startedAt);
    const task = this.#tasks[index] as T;
    committed(task).then(
      (done) => {
        if (done) this.#skip(index, startedAt);
        else if (this.#stop.signal.aborted) this.#cancel(index, 0, startedAt);
        else this.#attempt(index, 1, startedAt);
      },
      (error) => this.#fail(index, 0, startedAt, asTaskError(task.name, error)),
    );
  }

  #attempt(index: number, attempt: number, startedAt: number): void {
    const task = this.#tasks[index] as T;
    const { runId, emit } = this.#options;
    emit({ type: "attempt.started", runId, time: Date.now(), task: task.name, attempt });
    const limit = task.timeout === undefined ? undefined : limitTime(task.name, task.timeout, this.#stop.signal);
    let work: Promise<void>;
    try {
      work = this.#options.execute(task, attempt, limit?.signal ?? this.#stop.signal);
    } catch (error) {
      work = Promise.reject(error);
    }
    work.then(
      () => {
        limit?.clear();
        this.#succeed(index, attempt, startedAt);
      },
      (error) => {
        limit?.clear();
        this.#attemptFailed(index, attempt, startedAt, error);
      },
    );
  }

  #succeed(index: number, attempt: number, startedAt: number): void {
    const { runId, emit } = this.#options;
    const time = Date.now();
    const durationMs = time - startedAt;
    emit({ type: "task.succeeded", runId, time, task: (this.#tasks[index] as T).name, attempt, durationMs });
    this.#done(index, { status: "succeeded", attempts: attempt, startedAt, durationMs });
  }

  #skip(index: number, startedAt: number): void {
    const { runId, emit } = this.#options;
    emit({ type: "task.skipped", runId, time: Date.now(), task: (this.#tasks[index] as T).name, reason: "committed" });
    this.#done(index, { status: "committed", attempts: 0, startedAt, durationMs: 0 });
  }

  /** The task's outputs are there: whoever waits for them moves on. */
  #done(index: number, outcome: TaskOutcome): void {
    this.#outcomes[index] = outcome;
    for (const dependent of this.#dependents[index] as number[]) {
      const missing = (this.#missing[dependent] as number) - 1;
      this.#missing[dependent] = missing;
      if (missing === 0) this.#ready.push(dependent);
    }
    this.#release();
  }

  #attemptFailed(index: number, attempt: number, startedAt: number, thrown: unknown): void {
    const task = this.#tasks[index] as T;
    const error = asTaskError(task.name, thrown);
    if (this.#stop.signal.aborted) return this.#cancel(index, attempt, startedAt);
    const again = error.retryable && attempt <= task.retry.max;
    const retryInMs = again ? waitBefore(task.retry, attempt) : undefined;
    this.#options.emit({
      type: "attempt.failed",
      runId: this.#options.runId,
      time: Date.now(),
      task: task.name,
      attempt,
      error: error.toJSON(),
      ...(retryInMs !== undefined && { retryInMs }),
    });
    if (retryInMs === undefined) return this.#fail(index, attempt, startedAt, error);
    this.#wait(index, attempt, startedAt, retryInMs);
  }

  /** A retry that waits takes no place of a running attempt. */
  #wait(index: number, attempt: number, startedAt: number, ms: number): void {
    const resume = () => {
      clearTimeout(timer);
      this.#waits.delete(resume);
      this.#running++;
      if (this.#stop.signal.aborted) this.#cancel(index, attempt, startedAt);
      else this.#attempt(index, attempt + 1, startedAt);
    };
    const timer = setTimeout(resume, ms);
    this.#waits.add(resume);
    this.#running--;
    this.#pump();
  }

  #fail(index: number, attempt: number, startedAt: number, error: GlacierError): void {
    const task = this.#tasks[index] as T;
    const time = Date.now();
    const durationMs = time - startedAt;
    this.#options.emit({
      type: "task.failed",
      runId: this.#options.runId,
      time,
      task: task.name,
      attempt,
      error: error.toJSON(),
      durationMs,
    });
    this.#outcomes[index] = { status: "failed", attempts: attempt, startedAt, durationMs, error };
    this.#failed = true;
    if (!this.#options.keepGoing) this.#halt(stoppedBy(task.name));
    this.#release();
  }

  #cancel(index: number, attempt: number, startedAt: number): void {
    const time = Date.now();
    this.#options.emit({
      type: "task.cancelled",
      runId: this.#options.runId,
      time,
      task: (this.#tasks[index] as T).name,
      attempt,
    });
    this.#outcomes[index] = { status: "cancelled", attempts: attempt, startedAt, durationMs: time - startedAt };
    this.#release();
  }

  #release(): void {
    this.#active--;
    this.#running--;
    this.#pump();
  }

  #halt(reason: GlacierError): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(reason);
    for (const resume of [...this.#waits]) resume();
  }

  #finish(): void {
    this.#detach();
    const outcomes = skipTheRest(this.#options, this.#outcomes);
    const whole = outcomes.every(({ status }) => status === "succeeded" || status === "committed");
    this.#resolve({
      status: whole ? "succeeded" : this.#failed ? "failed" : "cancelled",
      outcomes,
      criticalPath: criticalPath(outcomes, this.#options.dependencies),
    });
  }
}

/** Milliseconds before the attempt after `attempt`. */
export function waitBefore(retry: RetryPolicy, attempt: number): number {
  const full = Math.min(retry.delay * retry.factor ** (attempt - 1), retry.maxDelay) * 1000;
  return Math.round(full * (1 - retry.jitter * Math.random()));
}

function cancelled(reason: unknown): GlacierError {
  if (isGlacierError(reason)) return reason;
  return new GlacierError("CANCELLED", {
    message: "the run was cancelled",
    hint: "Resume it with the same run id: what is committed is not done again.",
    cause: reason,
  });
}

function stoppedBy(task: string): GlacierError {
  return new GlacierError("CANCELLED", {
    message: `stopped because task "${task}" failed`,
    hint: "Use keepGoing to finish what doesn't depend on it.",
    context: { task },
  });
}
