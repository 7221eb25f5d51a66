import type { HistoryEvent, HistoryEventType } from "@aws-sdk/client-sfn";
import { compute, Dataset, Pipeline, type RunEvent, task } from "@glacier/core";
import { describe, expect, it } from "vitest";
import { defaultState, defaultStorage } from "../deployment.ts";
import { History } from "./history.ts";

const retries = { max: 1, delay: 1 };
const pipeline = new Pipeline("p", [
  task("left", { output: new Dataset<number>("l"), retries }, () => 1),
  task("right", { output: new Dataset<number>("r"), retries }, () => 1),
  task("boxed", { output: new Dataset<number>("b"), retries, compute: compute.container({ image: "node" }) }, () => 1),
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

  fail(after: number, message: string, retryable: boolean, error = "TASK_FAILED"): number {
    const said = JSON.stringify({ code: "TASK_FAILED", message, hint: "h", retryable });
    const cause = JSON.stringify({ errorType: error, errorMessage: error === "TASK_FAILED" ? said : message });
    const taskFailedEventDetails = { error, cause, resource: "invoke", resourceType: "lambda" };
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
  // Two of the right one's starts were turned away, which is none of its failures.
  const turnedAway = stopped.fail(
    stopped.fail(right, "", true, "Lambda.ServiceException"),
    "",
    true,
    "Lambda.ServiceException",
  );
  stopped.fail(turnedAway, "right waits for its retry", true);
  const last = stopped.fail(stopped.fail(left, "once", true), "twice", true);
  const caught = stopped.add("ParallelStateExited", stopped.add("ParallelStateFailed", last));
  stopped.add("ExecutionFailed", stopped.enter("Finish failed", caught), {
    executionFailedEventDetails: { error: "TASK_FAILED", cause: "{}" },
  });

  it.each([1, 3, 100])("says who failed, and not who was waiting for another try, in pages of %i", (pageLength) => {
    const { end, said, outline } = read(stopped.events, pageLength);
    expect(end).toEqual({ status: "failed" });
    expect(outline).toEqual([
      "right attempt.started",
      "right attempt.failed",
      "right attempt.started",
      "right attempt.failed",
      "right attempt.started",
      "left attempt.started",
      "left attempt.failed",
      "left attempt.started",
      "left attempt.failed",
      "left task.failed",
    ]);
    expect(said[6]).toMatchObject({ attempt: 1, retryInMs: 1000, error: { message: 'task "left": once' } });
    expect(said[9]).toMatchObject({ attempt: 2, error: { code: "TASK_FAILED", message: 'task "left": twice' } });
  });

  it("knows a container that succeeded from those beside it, whose end fails the state", () => {
    const told = new Told();
    const scheduled = told.add("TaskScheduled", told.enter("boxed", told.add("ExecutionStarted", 0)));
    const Containers = [
      { Name: "log-router", ExitCode: 137 },
      { Name: "task", ExitCode: 0 },
    ];
    const failed = told.add("TaskFailed", scheduled, {
      taskFailedEventDetails: {
        error: "States.TaskFailed",
        cause: JSON.stringify({ Containers }),
        resource: "runTask.sync",
        resourceType: "ecs",
      },
    });
    const done = told.add("PassStateEntered", told.add("TaskStateExited", failed), {
      stateEnteredEventDetails: { name: "Done: boxed" },
    });
    told.add("ExecutionSucceeded", done);
    const { end, outline } = read(told.events);
    expect(end).toEqual({ status: "succeeded" });
    expect(outline).toEqual(["boxed attempt.started", "boxed task.succeeded"]);
  });

  it("goes on where it was redriven after its end", () => {
    const told = new Told();
    const failed = told.add("ExecutionFailed", told.enter("Finish", told.add("ExecutionStarted", 0)), {
      executionFailedEventDetails: { error: "Lambda.ServiceException", cause: "out" },
    });
    expect(read(told.events).end).toMatchObject({ status: "failed" });
    const redriven = told.add("ExecutionRedriven", failed);
    expect(read(told.events).end).toBeUndefined();
    told.add("ExecutionSucceeded", redriven);
    expect(read(told.events).end).toEqual({ status: "succeeded" });
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

  it("counts a container's attempts by what ECS started, and takes no caught failure for a success", () => {
    const told = new Told();
    const start = told.add("ParallelStateStarted", told.add("ExecutionStarted", 0));
    const busy = told.fail(told.enter("boxed", start), "Rate exceeded", true, "ECS.AmazonECSException");
    const failed = told.fail(busy, "exit code 1", true, "States.TaskFailed");
    const again = told.add(
      "ParallelStateStarted",
      told.add("ParallelStateFailed", told.add("TaskStateExited", failed)),
    );
    const scheduled = told.add("TaskScheduled", told.enter("boxed", again));
    told.add("TaskStateExited", told.add("TaskSucceeded", scheduled));
    const { outline, said } = read(told.events);
    expect(outline).toEqual([
      "boxed attempt.started",
      "boxed attempt.failed",
      "boxed attempt.started",
      "boxed task.succeeded",
    ]);
    expect(said[1]).toMatchObject({ attempt: 1, error: { code: "TASK_CRASHED" } });
    expect(said[3]).toMatchObject({ attempt: 2 });
  });

  it("keeps the error that an attempt wrote before the history knew of its end", () => {
    const error = {
      code: "DATA_INVALID",
      message: "row 7",
      hint: "h",
      retryable: false,
      context: { task: "boxed" },
    } as const;
    const wrote: RunEvent[] = [{ type: "attempt.failed", runId: "r", time: 1, task: "boxed", attempt: 1, error }];
    const said: RunEvent[] = [];
    const segments = { refresh: async () => {}, take: () => wrote.splice(0) };
    const history = new History(plan, "r", segments, (event) => said.push(event));
    const told = new Told();
    const scheduled = told.add("TaskScheduled", told.enter("boxed", told.add("ExecutionStarted", 0)));
    history.take(told.events.splice(0));
    const details = {
      error: "States.TaskFailed",
      cause: '{"Containers":[{"ExitCode":2}]}',
      resource: "r",
      resourceType: "ecs",
    };
    const failed = { id: 10, previousEventId: scheduled, type: "TaskFailed", taskFailedEventDetails: details } as const;
    const ended = { id: 11, previousEventId: 10, type: "ExecutionFailed" } as const;
    history.take([
      { ...failed, timestamp: new Date(1) },
      { ...ended, timestamp: new Date(2) },
    ]);
    expect(said.at(-1)).toMatchObject({ type: "task.failed", task: "boxed", error: { code: "DATA_INVALID" } });
  });

  it("says who stopped it, and why", () => {
    const told = new Told();
    const executionAbortedEventDetails = { error: "Budget", cause: "too expensive" };
    told.add("ExecutionAborted", told.add("ExecutionStarted", 0), { executionAbortedEventDetails });
    expect(read(told.events).end?.error).toMatchObject({
      code: "CANCELLED",
      message: "run r was stopped in Step Functions: Budget: too expensive",
      hint: expect.stringContaining("Resume it"),
    });
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
    ["ExecutionAborted", { status: "cancelled", error: { code: "CANCELLED" } }],
    ["ExecutionSucceeded", { status: "succeeded" }],
    ["ExecutionTimedOut", { status: "failed", error: { code: "TASK_TIMEOUT" } }],
  ] as const)("ends with %s", (type, end) => {
    const told = new Told();
    told.add(type, told.add("ExecutionStarted", 0));
    expect(read(told.events).end).toMatchObject(end);
  });
});
