import type { Plan, RunEvent } from "@glacier/core";
import { expect } from "vitest";
import type { Ran } from "./world.ts";

/**
 * Whatever came of a run: `run.started` is the first event and `run.finished` the last, each once; every task's events lie
 * within its attempts, which count from 1; a task starts after those that it takes from; an attempt that succeeds has read
 * each input and written each output once; and all of it is plain JSON.
 */
export function expectOrder({ events, runId }: Ran, plan: Plan): void {
  expect(JSON.parse(JSON.stringify(events)), "events are plain JSON").toEqual(events);
  expect(new Set(events.map((event) => event.runId)), "every event is of this run").toEqual(new Set([runId]));
  const types = events.map(({ type }) => type);
  expect([types[0], types.at(-1)]).toEqual(["run.started", "run.finished"]);
  expect(types.filter((type) => type === "run.started" || type === "run.finished")).toHaveLength(2);
  const known = new Set(plan.tasks.map(({ name }) => name));
  for (const event of events) if ("task" in event) expect(known).toContain(event.task);
  for (const { name } of plan.tasks) expectTask(name, of(events, name), plan);
  for (const { from, to } of plan.edges) {
    const start = events.findIndex((event) => event.type === "attempt.started" && event.task === to);
    if (start === -1) continue;
    const done = events.findIndex((event) => event.type === "task.succeeded" && event.task === from);
    expect(done, `"${from}" succeeds before "${to}" starts`).toBeGreaterThan(-1);
    expect(done, `"${from}" succeeds before "${to}" starts`).toBeLessThan(start);
  }
}

/** Events of one task. */
export function of(events: readonly RunEvent[], task: string): RunEvent[] {
  return events.filter((event) => "task" in event && event.task === task);
}

function expectTask(task: string, events: readonly RunEvent[], plan: Plan): void {
  let attempt = 0;
  let open = false;
  let over = false;
  let within: RunEvent[] = [];
  for (const event of events) {
    const where = `${event.type} of task "${task}"`;
    expect(over, `${where} after its end`).toBe(false);
    if (event.type === "task.skipped") {
      expect(attempt, where).toBe(0);
      over = true;
      continue;
    }
    if (event.type === "attempt.started") {
      expect(open, `${where} while another is under way`).toBe(false);
      attempt++;
      open = true;
      within = [];
    }
    // A task that fails says so after its last attempt's end; one that waits for a retry can be cancelled.
    if (event.type !== "task.failed" && event.type !== "task.cancelled")
      expect(open, `${where} outside of an attempt`).toBe(true);
    expect("attempt" in event && event.attempt, `the attempt of ${where}`).toBe(attempt);
    within.push(event);
    if (event.type === "attempt.failed") open = false;
    if (event.type === "task.succeeded") expectData(task, within, plan);
    over = ["task.succeeded", "task.failed", "task.cancelled"].includes(event.type);
  }
  expect(over, `task "${task}" comes to an end`).toBe(true);
}

function expectData(task: string, events: readonly RunEvent[], plan: Plan): void {
  const planned = plan.tasks.find(({ name }) => name === task);
  const named = (type: RunEvent["type"]) =>
    events.flatMap((event) => (event.type === type && "dataset" in event ? [event.dataset] : [])).sort();
  expect(named("dataset.read"), `what task "${task}" reads`).toEqual(Object.values(planned?.inputs ?? {}).sort());
  expect(named("dataset.written"), `what task "${task}" writes`).toEqual(Object.values(planned?.outputs ?? {}).sort());
}
