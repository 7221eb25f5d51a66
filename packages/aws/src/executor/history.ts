import type { HistoryEvent } from "@aws-sdk/client-sfn";
import {
  deserializeError,
  type EventSink,
  type GlacierError,
  type Plan,
  type PlanTask,
  type RunEvent,
  type RunStatus,
} from "@glacier/core";
import { ofTask } from "@glacier/core/execute";
import { failedStep, succeededStep } from "../deployment.ts";
import { caughtError } from "../runtime/caught.ts";
import { transientErrors } from "../transient.ts";
import { detailsOf, stoppedThere, tookTooLong } from "./history-errors.ts";
import { isOwn, type Segments } from "./segments.ts";

/** A task of the state machine that is at work or waits for a retry. */
interface Open {
  readonly task: PlanTask;
  attempt: number;
  startedAt: number;
  /** Attempts that failed: its retries are of these, not of what the services turned away. */
  failures: number;
  /** What its attempt says of how it failed, which may be there before the history knows of it. */
  own: GlacierError | undefined;
  /** How its last attempt failed, until it is known whether another follows. */
  failed: { readonly error: GlacierError; readonly time: number; readonly started: boolean } | undefined;
}

/** How an execution ended. */
export interface End {
  readonly status: RunStatus;
  /** Of one that failed outside of its tasks, or was stopped. */
  readonly error?: GlacierError;
}

/**
 * Turns an execution's history, page by page, into what core's scheduler would report: `attempt.*` and `task.*` from the
 * history itself, and between them what the attempts wrote into their segments.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
export class History {
  readonly #plan: Plan;
  readonly #runId: string;
  readonly #segments: Segments;
  readonly #emit: EventSink;
  /** Names of states by the ids of the events that happened in them. */
  readonly #states = new Map<number, string>();
  readonly #open = new Map<string, Open>();
  #failed = false;

  constructor(plan: Plan, runId: string, segments: Segments, emit: EventSink) {
    this.#plan = plan;
    this.#runId = runId;
    this.#segments = segments;
    this.#emit = emit;
  }

  /** Takes the next events, after the segments were refreshed; answers how the execution ended when it has, and was not redriven. */
  take(events: readonly HistoryEvent[]): End | undefined {
    let end: End | undefined;
    for (const event of events) {
      end = this.#one(event) ?? end;
      if (event.type === "ExecutionRedriven") {
        end = undefined;
        this.#failed = false;
      }
    }
    for (const open of this.#open.values()) if (open.failed === undefined) this.#tell(open);
    return end;
  }

  #one(event: HistoryEvent): End | undefined {
    const state = event.stateEnteredEventDetails?.name ?? this.#states.get(event.previousEventId ?? 0);
    if (state !== undefined && event.id !== undefined) this.#states.set(event.id, state);
    const time = event.timestamp?.getTime() ?? Date.now();
    const task = this.#plan.tasks.find(({ name }) => name === state);
    if (task !== undefined) this.#ofTask(event, task, time);
    const entered = event.stateEnteredEventDetails?.name;
    if (entered === failedStep) this.#settleFailures(time);
    for (const open of this.#open.values()) {
      if (entered !== succeededStep(open.task.name)) continue;
      open.failed = undefined;
      this.#succeeded(open.task, time);
    }
    switch (event.type) {
      case "ExecutionSucceeded":
        return { status: "succeeded" };
      case "ExecutionAborted":
        return {
          status: "cancelled",
          error: stoppedThere(this.#plan, this.#runId, event.executionAbortedEventDetails),
        };
      case "ExecutionFailed":
        this.#settleFailures(time);
        return this.#failedWith(event.executionFailedEventDetails);
      case "ExecutionTimedOut":
        this.#settleFailures(time);
        return { status: "failed", error: tookTooLong(this.#plan, this.#runId) };
      default:
        return undefined;
    }
  }

  #ofTask(event: HistoryEvent, task: PlanTask, time: number): void {
    switch (event.type) {
      case "TaskScheduled":
      case "LambdaFunctionScheduled":
        return this.#attempt(task, time);
      case "TaskFailed":
      case "TaskTimedOut":
      case "TaskSubmitFailed":
      case "TaskStartFailed":
      case "LambdaFunctionFailed":
      case "LambdaFunctionTimedOut":
        return this.#attemptFailed(event, task, time);
      case "TaskStateExited":
        return this.#succeeded(task, time);
      default:
    }
  }

  #attempt(task: PlanTask, time: number): void {
    const open = this.#open.get(task.name) ?? newlyOpen(task, time);
    const { failed } = open;
    // A container that ECS didn't start is no attempt of its own: see containerState.
    if (failed?.started === false && task.compute?.kind === "container") {
      open.failed = undefined;
      return;
    }
    if (failed !== undefined) {
      const retryInMs = time - failed.time;
      this.#say("attempt.failed", open, { time: failed.time, error: failed.error.toJSON(), retryInMs });
    }
    open.failed = undefined;
    open.own = undefined;
    open.attempt++;
    this.#open.set(task.name, open);
    this.#emit({ type: "attempt.started", runId: this.#runId, time, task: task.name, attempt: open.attempt });
  }

  #attemptFailed(event: HistoryEvent, task: PlanTask, time: number): void {
    const open = this.#open.get(task.name);
    if (open === undefined) return;
    this.#tell(open);
    const details = detailsOf(event);
    const started = !transient.has(details.Error);
    if (started) open.failures++;
    open.failed = { time, error: ofTask(task.name, open.own ?? caughtError(details)), started };
  }

  #succeeded(task: PlanTask, time: number): void {
    const open = this.#open.get(task.name);
    // A state whose failure is caught exits, too.
    if (open === undefined || open.failed !== undefined) return;
    this.#tell(open);
    this.#open.delete(task.name);
    this.#say("task.succeeded", open, { time, durationMs: time - open.startedAt });
  }

  /**
   * The machine stops: attempts that failed are final, but for those that were waiting for another try. Where all seem to
   * wait, the last one's were used up by the service's own failures.
   */
  #settleFailures(time: number): void {
    const failures = [...this.#open.values()].filter(({ failed }) => failed !== undefined);
    const final = failures.filter(
      ({ task, failures, failed }) => !failed?.error.retryable || failures > task.retry.max,
    );
    const last = failures.sort((a, b) => (a.failed?.time ?? 0) - (b.failed?.time ?? 0)).at(-1);
    if (final.length === 0 && last !== undefined && !this.#failed) final.push(last);
    for (const open of final) {
      const { error, time: at } = open.failed as NonNullable<Open["failed"]>;
      this.#failed = true;
      this.#open.delete(open.task.name);
      this.#say("attempt.failed", open, { time: at, error: error.toJSON() });
      this.#say("task.failed", open, { time, error: error.toJSON(), durationMs: at - open.startedAt });
    }
  }

  #failedWith(details: { readonly error?: string | undefined; readonly cause?: string | undefined } | undefined): End {
    if (this.#failed) return { status: "failed" };
    return { status: "failed", error: caughtError({ Error: details?.error ?? "", Cause: details?.cause ?? "" }) };
  }

  /** Passes on what an attempt wrote, and keeps the error that it gave itself. */
  #tell(open: Open): void {
    for (const event of this.#segments.take(open.task.name, open.attempt)) {
      if (isOwn(event)) this.#emit(event);
      else if (event.type === "attempt.failed") open.own = deserializeError(event.error);
    }
  }

  #say<T extends "attempt.failed" | "task.succeeded" | "task.failed">(
    type: T,
    { task, attempt }: Open,
    rest: Omit<Extract<RunEvent, { type: T }>, "type" | "runId" | "task" | "attempt">,
  ): void {
    this.#emit({ type, runId: this.#runId, task: task.name, attempt, ...rest } as unknown as RunEvent);
  }
}

function newlyOpen(task: PlanTask, startedAt: number): Open {
  return { task, attempt: 0, startedAt, failures: 0, own: undefined, failed: undefined };
}

const transient: ReadonlySet<string> = new Set([...transientErrors.lambda, ...transientErrors.ecs]);
