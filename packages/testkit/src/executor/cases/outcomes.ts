import type { GlacierError, RunEvent } from "@glacier/core";
import { expect } from "vitest";
import { of } from "../events.ts";
import { exhausting, failing, handlersFile, lastWords, retrying, succeeding, throwing } from "../pipelines/attempts.ts";
import { expectSuccess, type WorldCases } from "../world.ts";

export type OutcomeCase =
  | "a task succeeds: its output is committed"
  | "a handler that throws: TASK_FAILED, with its message and place"
  | "a handler that throws no Error: TASK_FAILED all the same"
  | "a failed attempt is repeated until one succeeds"
  | "retries have an end";

/** How attempts end by themselves. */
export const outcomes: WorldCases<OutcomeCase> = {
  async "a task succeeds: its output is committed"(world) {
    const run = await world.run(succeeding);
    expectSuccess(run);
    expect(run.result.tasks["one"]).toMatchObject({ status: "succeeded", attempts: 1 });
    expect(await world.json(succeeding, "first")).toBe(1);
    const manifest = await world.manifest(succeeding, "first");
    expect(manifest).toMatchObject({ pipeline: succeeding.name, runId: run.runId, task: "one", attempt: 1, bytes: 2 });
    expect(run.result.datasets).toEqual({ first: manifest });
  },

  async "a handler that throws: TASK_FAILED, with its message and place"(world) {
    const { error, events } = await world.run(failing, { keepGoing: true });
    expect(error).toMatchObject({ code: "RUN_FAILED", issues: [{ code: "TASK_FAILED", context: { task: "bad" } }] });
    const issue = error?.issues[0];
    expect(issue?.message).toContain(lastWords);
    expect(stackOf(issue)).toContain(handlersFile);

    const failed = of(events, "bad").find(({ type }) => type === "task.failed");
    expect(failed).toMatchObject({ error: { code: "TASK_FAILED", stack: expect.stringContaining(handlersFile) } });
    expect(of(events, "after")).toEqual([
      expect.objectContaining({ type: "task.skipped", reason: "upstream", because: "bad" }),
    ]);
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "failed", error: { code: "RUN_FAILED" } });
    expect(await world.bytes(failing, "broken")).toBeUndefined();
    expect(await world.manifest(failing, "broken")).toBeUndefined();
    expect(await world.json(failing, "kept")).toBe(1);
  },

  async "a handler that throws no Error: TASK_FAILED all the same"(world) {
    const { error } = await world.run(throwing, { keepGoing: true });
    const byTask = new Map(error?.issues.map((issue) => [issue.context.task, issue]));
    expect([...byTask.keys()].sort()).toEqual(["nothing", "thing", "words"]);
    for (const issue of byTask.values()) expect(issue.code).toBe("TASK_FAILED");
    expect(byTask.get("words")?.message).toContain(lastWords);
  },

  async "a failed attempt is repeated until one succeeds"(world) {
    const run = await world.run(retrying);
    expectSuccess(run);
    expect(outline(run.events, "third_time")).toEqual([
      "attempt.started 1",
      "log 1",
      "attempt.failed 1, again in 10 ms",
      "attempt.started 2",
      "log 2",
      "attempt.failed 2, again in 20 ms",
      "attempt.started 3",
      "log 3",
      "dataset.written 3",
      "task.succeeded 3",
    ]);
    expect(await world.json(retrying, "tries"), "ctx.attempt").toBe(3);
    expect(await world.manifest(retrying, "tries")).toMatchObject({ attempt: 3 });
  },

  async "retries have an end"(world) {
    const { error, events } = await world.run(exhausting);
    expect(error?.issues).toMatchObject([{ code: "TASK_FAILED", message: expect.stringContaining("in attempt 3") }]);
    expect(outline(events, "hopeless")).toEqual([
      "attempt.started 1",
      "attempt.failed 1, again in 10 ms",
      "attempt.started 2",
      "attempt.failed 2, again in 20 ms",
      "attempt.started 3",
      "attempt.failed 3",
      "task.failed 3",
    ]);
    expect(await world.bytes(exhausting, "tries")).toBeUndefined();
  },
};

function stackOf(error: GlacierError | undefined): string {
  return error?.cause instanceof Error ? String(error.cause.stack) : "";
}

/** Which events came, with their attempts. Progress comes as it likes. */
function outline(events: readonly RunEvent[], task: string): string[] {
  return of(events, task).flatMap((event) => {
    if (event.type === "task.progress" || !("attempt" in event)) return [];
    const again = "retryInMs" in event ? `, again in ${event.retryInMs} ms` : "";
    return [`${event.type} ${event.attempt}${again}`];
  });
}
