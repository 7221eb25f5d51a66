import type { RunEvent } from "@glacier/core";
import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { createStyle } from "../text/style.ts";
import { liveLines } from "./live-lines.ts";
import { plainLines } from "./plain-lines.ts";
import { RunState, type TaskStatus } from "./state.ts";
import { summaryLines } from "./summary.ts";

const plain = createStyle(false);
const base = { runId: "r1", time: 1_000 };
const failure = { code: "TASK_FAILED", message: "task failed:\nmore", hint: "", retryable: true } as const;

function started(tasks: readonly string[], resumed = false): RunEvent {
  return { ...base, type: "run.started", pipeline: "orders", executor: "local", params: {}, tasks, resumed };
}

function stateAfter(events: readonly RunEvent[]): RunState {
  const state = new RunState();
  for (const event of events) state.apply(event);
  return state;
}

/** Any sequence of events of some tasks, sensible or not. */
const anyRun: fc.Arbitrary<RunEvent[]> = fc.integer({ min: 1, max: 120 }).chain((size) => {
  const tasks = Array.from({ length: size }, (_, i) => `task_${i}_${"x".repeat(i % 50)}`);
  const event = fc
    .record({
      task: fc.constantFrom(...tasks),
      kind: fc.nat(7),
      attempt: fc.integer({ min: 1, max: 9 }),
      text: fc.string({ unit: "grapheme", maxLength: 200 }),
    })
    .map(({ task, kind, attempt, text }): RunEvent => {
      const common = { ...base, task, attempt };
      const error = { ...failure, message: text };
      switch (kind) {
        case 0:
          return { ...common, type: "attempt.failed", error, retryInMs: 1000 };
        case 1:
          return { ...common, type: "task.succeeded", durationMs: 5 };
        case 2:
          return { ...common, type: "task.failed", error, durationMs: 5 };
        case 3:
          return {
            ...common,
            type: "task.progress",
            rowsRead: 1e6,
            bytesRead: 1e9,
            rowsWritten: 12,
            bytesWritten: 9,
            note: text,
          };
        case 4:
          return { ...base, type: "task.skipped", task, reason: "upstream", because: "x" };
        case 5:
          return { ...common, type: "task.cancelled" };
        case 6:
          return {
            ...common,
            type: "dataset.written",
            dataset: "d",
            uri: `file:///x/${encodeURIComponent(text)}`,
            bytes: 10,
            rows: 2,
            etag: "e",
          };
        default:
          return { ...common, type: "attempt.started" };
      }
    });
  return fc.array(event, { maxLength: 300 }).map((events) => [started(tasks), ...events]);
});

describe("a frame of the live display", () => {
  test("never has more lines than the terminal, nor wider ones, nor control characters", () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 10, max: 140 }),
        (events, rows, columns) => {
          const lines = liveLines(stateAfter(events), 5_000, 3, { style: plain, rows, columns });
          expect(lines.length).toBeLessThan(Math.max(rows, 1) + (rows === 1 ? 1 : 0));
          for (const line of lines) {
            expect(stringWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });

  test("counts agree with the tasks, whatever happens", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const state = stateAfter(events);
        const counts: Partial<Record<TaskStatus, number>> = {};
        for (const { status } of state.tasks.values()) counts[status] = (counts[status] ?? 0) + 1;
        for (const [status, count] of Object.entries(state.counts))
          expect(count).toBe(counts[status as TaskStatus] ?? 0);
        expect(state.active.size).toBe(state.counts.running + state.counts.retrying);
      }),
    );
  });

  test("what is at work and what failed comes before what is done where not all fits", () => {
    const tasks = Array.from({ length: 100 }, (_, i) => `t${i}`);
    const done = tasks
      .slice(0, 50)
      .map((task): RunEvent => ({ ...base, type: "task.succeeded", task, attempt: 1, durationMs: 1 }));
    const state = stateAfter([
      started(tasks),
      { ...base, type: "task.failed", task: "t60", attempt: 1, durationMs: 1, error: failure },
      ...done,
      { ...base, type: "attempt.started", task: "t70", attempt: 1 },
    ]);
    const text = liveLines(state, 2_000, 0, { style: plain, rows: 12, columns: 100 }).join("\n");
    expect(text).toMatch(/✖ t60 .*TASK_FAILED task failed/);
    expect(text).toMatch(/⠋ t70/);
    expect(text).toContain("50/100 tasks  1 running  1 failed  48 waiting");
    expect(text).not.toContain("t80");
  });
});

test("a retried task forgets the failed attempt's amounts and says how many it took", () => {
  const common = { ...base, task: "a" };
  const written = {
    type: "dataset.written",
    dataset: "d",
    uri: "file:///tmp/p/d.json",
    bytes: 1500,
    etag: "e",
  } as const;
  const state = stateAfter([
    started(["a"]),
    { ...common, type: "attempt.started", attempt: 1 },
    { ...common, ...written, attempt: 1, rows: 1 },
    { ...common, type: "attempt.failed", attempt: 1, error: failure, retryInMs: 3_000 },
  ]);
  expect(liveLines(state, 2_000, 0, { style: plain, rows: 20, columns: 80 }).join("\n")).toMatch(
    /↻ a +1\.0 s +retry in 2\.0 s +TASK_FAILED task failed/,
  );
  const events: RunEvent[] = [
    { ...common, type: "attempt.started", attempt: 2 },
    { ...common, ...written, attempt: 2, rows: 20_000, invalid: 2 },
    { ...common, type: "task.succeeded", attempt: 2, durationMs: 61_000 },
    { ...base, type: "run.finished", status: "succeeded", durationMs: 62_400 },
  ];
  for (const event of events) state.apply(event);
  expect(plainLines(events[2] as RunEvent, state, plain, false)).toEqual([
    "✔ a: done in 1 m 01 s: 20,000 rows, 1.5 kB, 2 invalid rows left out",
  ]);
  expect(summaryLines(state, { style: plain, columns: 80, cwd: "/tmp/p" })).toEqual([
    "✔ orders succeeded in 1 m 02 s  1 task",
    "",
    "  output    rows    size  where",
    "  d       20,000  1.5 kB  d.json",
  ]);
});

test("a resumed run starts from nothing; what was committed counts as done", () => {
  const state = stateAfter([
    started(["a", "b"]),
    { ...base, type: "task.failed", task: "b", attempt: 1, durationMs: 1, error: failure },
    started(["a", "b"], true),
    { ...base, type: "task.skipped", task: "a", reason: "committed" },
  ]);
  expect([state.done, state.counts.failed, state.finished]).toEqual([1, 0, undefined]);
});

test("logs: debug only where asked for, secrets of the terminal's left out, each line named", () => {
  const log = { ...base, type: "log", task: "a", attempt: 1, message: "one\u001b[31m\ntwo\u0007" } as const;
  const state = stateAfter([started(["a"])]);
  expect(plainLines({ ...log, level: "debug" }, state, plain, false)).toEqual([]);
  expect(plainLines({ ...log, level: "warn", fields: { n: 1 } }, state, plain, false)).toEqual([
    "  a │ warn one",
    '  a │ warn two   {"n":1}',
  ]);
});

test("a hundred thousand tasks cost a frame no more lines, and the state little time", () => {
  const tasks = Array.from({ length: 100_000 }, (_, i) => `t${i}`);
  const state = stateAfter([
    started(tasks),
    ...tasks.map((task): RunEvent => ({ ...base, type: "task.succeeded", task, attempt: 1, durationMs: 1 })),
  ]);
  expect(state.recent.length).toBeLessThan(1_000);
  expect(liveLines(state, 1, 0, { style: plain, rows: 24, columns: 80 }).length).toBeLessThan(24);
});
