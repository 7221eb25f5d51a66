import type { HistoryEvent, HistoryEventType } from "@aws-sdk/client-sfn";
import { Dataset, Pipeline, type RunEvent, task } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { defaultState, defaultStorage } from "../deployment.ts";
import { History } from "./history.ts";

const retries = { max: 1, delay: 1 };
const pipeline = new Pipeline("p", [
  task("left", { output: new Dataset<number>("l"), retries }, () => 1),
  task("right", { output: new Dataset<number>("r"), retries }, () => 1),
]);
const plan = pipeline.plan({ for: { defaultStorage, state: defaultState } });

/** Builds a history; each event has the id of the one that it follows. */
class Told {
  readonly events: HistoryEvent[] = [];

  add(type: HistoryEventType, previousEventId: number, details: Partial<HistoryEvent> = {}): number {
    const id = this.events.length + 1;
    this.events.push({ id, previousEventId, type, timestamp: new Date(1000 * id), ...details });
    return id;
  }

  enter(name: string, after: number): number {
    return this.add("TaskStateEntered", after, { stateEnteredEventDetails: { name } });
  }

  fail(after: number, error: string, retryable: boolean): number {
    const said = JSON.stringify({ code: "TASK_FAILED", message: error, hint: "h", retryable });
    const cause = JSON.stringify({ errorType: "TASK_FAILED", errorMessage: said });
    const taskFailedEventDetails = { error: "TASK_FAILED", cause, resource: "invoke", resourceType: "lambda" };
    return this.add("TaskFailed", this.add("TaskScheduled", after), { taskFailedEventDetails });
  }
}

function read(events: readonly HistoryEvent[], pageLength = events.length) {
  const said: RunEvent[] = [];
  const history = new History(plan, "r", { refresh: async () => {}, take: () => [] }, (event) => said.push(event));
  let end: ReturnType<History["take"]>;
  for (let at = 0; at < events.length; at += pageLength) end = history.take(events.slice(at, at + pageLength)) ?? end;
  return { end, said, outline: said.map((event) => ("task" in event ? `${event.task} ${event.type}` : event.type)) };
}

describe("an execution's history", () => {
  const stopped = new Told();
  const start = stopped.add("ExecutionStarted", 0);
  const parallel = stopped.add("ParallelStateStarted", start);
  const [left, right] = [stopped.enter("left", parallel), stopped.enter("right", parallel)];
  stopped.fail(right, "right waits for its retry", true);
  const last = stopped.fail(stopped.fail(left, "once", true), "twice", true);
  stopped.add("ExecutionFailed", stopped.add("ParallelStateFailed", last), {
    executionFailedEventDetails: { error: "TASK_FAILED", cause: "{}" },
  });

  it.each([1, 3, 100])("says who failed, and not who was waiting for another try, in pages of %i", (pageLength) => {
    const { end, said, outline } = read(stopped.events, pageLength);
    expect(end).toEqual({ status: "failed" });
    expect(outline).toEqual([
      "right attempt.started",
      "left attempt.started",
      "left attempt.failed",
      "left attempt.started",
      "left attempt.failed",
      "left task.failed",
    ]);
    expect(said[2]).toMatchObject({ attempt: 1, retryInMs: 1000, error: { message: 'task "left": once' } });
    expect(said[5]).toMatchObject({ attempt: 2, error: { code: "TASK_FAILED", message: 'task "left": twice' } });
  });

  it("blames the last task where the service's own failures used up the tries", () => {
    const told = new Told();
    const id = told.add("TaskFailed", told.add("TaskScheduled", told.enter("left", told.add("ExecutionStarted", 0))), {
      taskFailedEventDetails: {
        error: "Lambda.ServiceException",
        cause: "",
        resource: "invoke",
        resourceType: "lambda",
      },
    });
    told.add("ExecutionFailed", id, { executionFailedEventDetails: { error: "Lambda.ServiceException" } });
    const { end, said } = read(told.events);
    expect(end).toEqual({ status: "failed" });
    expect(said.at(-1)).toMatchObject({ type: "task.failed", task: "left", error: { code: "UNAVAILABLE" } });
  });

  it("tells what failed outside of the tasks", () => {
    const told = new Told();
    const cause = JSON.stringify({
      errorMessage: JSON.stringify({ code: "DATASET_MISSING", message: "no raw", hint: "h", retryable: false }),
    });
    told.add("ExecutionFailed", told.add("ExecutionStarted", 0), {
      executionFailedEventDetails: { error: "DATASET_MISSING", cause },
    });
    expect(read(told.events).end).toMatchObject({ status: "failed", error: { code: "DATASET_MISSING" } });
  });

  it.each([
    ["ExecutionAborted", { status: "cancelled" }],
    ["ExecutionSucceeded", { status: "succeeded" }],
    ["ExecutionTimedOut", { status: "failed", error: { code: "TASK_TIMEOUT" } }],
  ] as const)("ends with %s", (type, end) => {
    const told = new Told();
    told.add(type, told.add("ExecutionStarted", 0));
    expect(read(told.events).end).toMatchObject(end);
  });
});
