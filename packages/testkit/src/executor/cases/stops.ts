import type { AnyPipeline, RunEvent } from "@glacier/core";
import { expect } from "vitest";
import { of } from "../events.ts";
import { abreast, blocking, crowd, gate, heeding, ignoring, stopping, together, underWay } from "../pipelines/stops.ts";
import { expectSuccess, type Ran, type World, type WorldCases } from "../world.ts";

export type StopCase =
  | "a timeout ends an attempt"
  | "a timeout ends an attempt that ignores its signal"
  | "a timeout ends an attempt that blocks its thread"
  | "a cancelled run keeps what is committed, publishes nothing more, and can be resumed"
  | "the first failure stops what runs beside it"
  | "independent tasks run side by side"
  | "no more attempts run side by side than the run allows";

/** How attempts are ended from outside, and how many there are at once. */
export const stops: WorldCases<StopCase> = {
  "a timeout ends an attempt": (world) => timesOut(world, heeding),
  "a timeout ends an attempt that ignores its signal": (world) => timesOut(world, ignoring),
  "a timeout ends an attempt that blocks its thread": (world) => timesOut(world, blocking),

  async "a cancelled run keeps what is committed, publishes nothing more, and can be resumed"(world) {
    await world.put(stopping, gate.name, "true");
    const cancelled = await cancelledOnceUnderWay(world, stopping, ["wait"]);
    expect(cancelled.error).toMatchObject({ code: "CANCELLED", context: { runId: cancelled.runId } });
    expect(cancelled.events.at(-1)).toMatchObject({ type: "run.finished", status: "cancelled" });
    expect(of(cancelled.events, "wait").at(-1)).toMatchObject({ type: "task.cancelled", attempt: 1 });
    expect(of(cancelled.events, "last")).toMatchObject([{ type: "task.skipped", reason: "stopped" }]);
    expect(await world.json(stopping, "before"), "what was committed").toBe(1);
    expect(await world.bytes(stopping, "during"), "the cancelled task's output").toBeUndefined();
    expect(await world.manifest(stopping, "during")).toBeUndefined();

    await world.put(stopping, gate.name, "false");
    const resumed = await world.run(stopping, { resume: cancelled.runId });
    expectSuccess(resumed);
    expect(resumed.runId).toBe(cancelled.runId);
    expect(resumed.events[0]).toMatchObject({ type: "run.started", resumed: true });
    expect(of(resumed.events, "first")).toMatchObject([{ type: "task.skipped", reason: "committed" }]);
    expect(await world.json(stopping, "finally")).toBe(3);
  },

  async "the first failure stops what runs beside it"(world) {
    const { error, events } = await world.run(together);
    expect(error).toMatchObject({ code: "RUN_FAILED", issues: [{ code: "TASK_FAILED", context: { task: "fails" } }] });
    expect(of(events, "waits").at(-1)).toMatchObject({ type: "task.cancelled" });
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "failed" });
    expect(await world.bytes(together, "late")).toBeUndefined();
  },

  async "independent tasks run side by side"(world) {
    // Neither ends by itself: that both say they are under way takes both at once.
    const { error } = await cancelledOnceUnderWay(world, abreast, ["left", "right"]);
    expect(error).toMatchObject({ code: "CANCELLED" });
  },

  async "no more attempts run side by side than the run allows"(world) {
    const run = await world.run(crowd, { concurrency: 2 });
    expectSuccess(run);
    const inside = new Set<string>();
    let most = 0;
    for (const event of run.events) {
      if (event.type !== "log") continue;
      if (event.message === "in") inside.add(event.task);
      else inside.delete(event.task);
      most = Math.max(most, inside.size);
    }
    expect(most, "handlers at once").toBeGreaterThan(0);
    expect(most, "handlers at once").toBeLessThanOrEqual(2);
    expect(inside, "handlers that never left").toEqual(new Set());
  },
};

async function timesOut(world: World, pipeline: AnyPipeline): Promise<void> {
  const { error, events } = await world.run(pipeline);
  const task = pipeline.tasks[0]?.name;
  expect(error).toMatchObject({ code: "RUN_FAILED", issues: [{ code: "TASK_TIMEOUT", context: { task } }] });
  expect(events).toContainEqual(
    expect.objectContaining({ type: "task.failed", error: expect.objectContaining({ code: "TASK_TIMEOUT" }) }),
  );
  expect(await world.bytes(pipeline, "late"), "an attempt that timed out publishes nothing").toBeUndefined();
  expect(await world.manifest(pipeline, "late")).toBeUndefined();
}

/** Cancels the run when each of these tasks has said that it is under way. */
export async function cancelledOnceUnderWay(
  world: World,
  pipeline: AnyPipeline,
  tasks: readonly string[],
): Promise<Ran> {
  const controller = new AbortController();
  const waiting = new Set(tasks);
  const onEvent = (event: RunEvent) => {
    if (event.type !== "log" || event.message !== underWay) return;
    waiting.delete(event.task);
    if (waiting.size === 0) controller.abort();
  };
  const run = await world.run(pipeline, { signal: controller.signal, onEvent });
  expect(waiting, "tasks that were never under way beside the others").toEqual(new Set());
  return run;
}
