import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { dag } from "../../test/graphs.ts";
import { GlacierError } from "../errors/index.ts";
import type { RetryPolicy } from "../plan/plan.ts";
import type { RunEvent } from "./events.ts";
import { type ScheduledTask, type ScheduleOptions, schedule, waitBefore } from "./schedule.ts";

const never: RetryPolicy = { max: 0, delay: 0, factor: 1, maxDelay: 0, jitter: 0 };
const tasksOf = (size: number, retry: RetryPolicy = never): ScheduledTask[] =>
  Array.from({ length: size }, (_, i) => ({ name: `t${i}`, retry }));
const broken = (retryable: boolean) =>
  new GlacierError("TASK_FAILED", { message: "broken", hint: "mend it", retryable });

function run(graph: readonly (readonly number[])[], options: Partial<ScheduleOptions<ScheduledTask>>, retry = never) {
  const events: RunEvent[] = [];
  const result = schedule({
    runId: "r",
    tasks: tasksOf(graph.length, retry),
    dependencies: graph,
    concurrency: 4,
    keepGoing: false,
    emit: (event) => events.push(event),
    execute: async () => {},
    ...options,
  });
  return { events, result };
}

/** Ends after some turns of the event loop's microtasks. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

describe("schedule", () => {
  it("starts each task once, after all it depends on, within the limit, with its events in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        dag(30),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.nat(5)),
        async (graph, concurrency, delays) => {
          const done = new Set<string>();
          let running = 0;
          const { events, result } = run(graph, {
            concurrency,
            async execute({ name }) {
              expect(++running).toBeLessThanOrEqual(concurrency);
              for (const before of graph[Number(name.slice(1))] ?? []) expect(done).toContain(`t${before}`);
              expect(done).not.toContain(name);
              await turns(delays.next().value);
              running--;
              done.add(name);
            },
          });
          const { status, outcomes } = await result;
          expect(status).toBe("succeeded");
          expect(outcomes.every((outcome) => outcome.status === "succeeded" && outcome.attempts === 1)).toBe(true);
          for (const index of graph.keys()) {
            const own = events.filter((event) => "task" in event && event.task === `t${index}`).map(({ type }) => type);
            expect(own).toEqual(["attempt.started", "task.succeeded"]);
          }
        },
      ),
    );
  });

  it("keep-going finishes exactly what doesn't depend on a failure; skips say because of whom", async () => {
    await fc.assert(
      fc.asyncProperty(dag(30), fc.infiniteStream(fc.boolean()), async (graph, luck) => {
        const fails = graph.map(() => luck.next().value && luck.next().value);
        const doomed: boolean[] = [];
        graph.forEach((inputs, i) => {
          doomed[i] = inputs.some((other) => doomed[other] || fails[other]);
        });
        const { events, result } = run(graph, {
          keepGoing: true,
          execute: async ({ name }) => {
            if (fails[Number(name.slice(1))]) throw broken(false);
          },
        });
        const { status, outcomes } = await result;
        expect(outcomes.map((outcome) => outcome.status)).toEqual(
          graph.map((_, i) => (doomed[i] ? "skipped" : fails[i] ? "failed" : "succeeded")),
        );
        expect(status).toBe(fails.some((failed, i) => failed && !doomed[i]) ? "failed" : "succeeded");
        for (const event of events) {
          if (event.type !== "task.skipped") continue;
          expect(event.reason).toBe("upstream");
          expect(fails[Number(event.because?.slice(1))]).toBe(true);
        }
      }),
    );
  });

  it("fail-fast cancels what runs and starts nothing more", async () => {
    const { events, result } = run([[], [], [1], [0]], {
      concurrency: 2,
      execute: ({ name }, _, signal) =>
        name === "t0"
          ? Promise.reject(broken(false))
          : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const { status, outcomes } = await result;
    expect(status).toBe("failed");
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["failed", "cancelled", "skipped", "skipped"]);
    expect(events.filter(({ type }) => type === "task.skipped")).toEqual([
      expect.objectContaining({ task: "t2", reason: "stopped" }),
      expect.objectContaining({ task: "t3", reason: "upstream", because: "t0" }),
    ]);
  });

  it("repeats a retryable failure up to max times, and another one never", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.nat(6), fc.boolean(), async (max, failures, retryable) => {
        let attempts = 0;
        const { events, result } = run(
          [[]],
          {
            async execute(_, attempt) {
              expect(attempt).toBe(++attempts);
              if (attempts <= failures) throw broken(retryable);
            },
          },
          { ...never, max },
        );
        const { status, outcomes } = await result;
        const expected = failures === 0 ? 1 : retryable ? Math.min(failures, max) + 1 : 1;
        expect(attempts).toBe(expected);
        expect(outcomes[0]?.attempts).toBe(expected);
        expect(status).toBe(failures === 0 || (retryable && failures <= max) ? "succeeded" : "failed");
        expect(events.filter((event) => event.type === "attempt.failed" && event.retryInMs !== undefined)).toHaveLength(
          expected - 1,
        );
      }),
      { numRuns: 40 },
    );
  });

  it("waits exponentially, up to a limit, less at most the jitter's share", () => {
    const policy = fc.record({
      max: fc.constant(9),
      delay: fc.double({ min: 0, max: 100, noNaN: true }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      maxDelay: fc.double({ min: 0, max: 1000, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 20 }), (retry, attempt) => {
        const full = Math.min(retry.delay * retry.factor ** (attempt - 1), retry.maxDelay) * 1000;
        const wait = waitBefore(retry, attempt);
        expect(wait).toBeLessThanOrEqual(Math.ceil(full));
        expect(wait).toBeGreaterThanOrEqual(Math.floor(full * (1 - retry.jitter)));
      }),
    );
  });

  it("a waiting retry takes no place, and ends at once when the run is cancelled", async () => {
    const controller = new AbortController();
    const started: string[] = [];
    const { result } = run(
      [[], []],
      {
        concurrency: 1,
        signal: controller.signal,
        async execute({ name }) {
          started.push(name);
          if (name === "t0") throw broken(true);
          controller.abort();
        },
      },
      { ...never, max: 3, delay: 1000, maxDelay: 1000 },
    );
    const { status, outcomes } = await result;
    expect(started).toEqual(["t0", "t1"]);
    expect(status).toBe("cancelled");
    expect(outcomes[0]).toMatchObject({ status: "cancelled", attempts: 1 });
  });

  it("is over at once for a signal that has fired already", async () => {
    const execute = vi.fn();
    const { result } = run([[], [0]], { signal: AbortSignal.abort(), execute });
    expect(await result).toMatchObject({
      status: "cancelled",
      outcomes: [{ status: "skipped" }, { status: "skipped" }],
    });
    expect(execute).not.toHaveBeenCalled();
  });

  it("fires an attempt's signal at its timeout", async () => {
    const events: RunEvent[] = [];
    const result = await schedule({
      runId: "r",
      tasks: [{ name: "slow", retry: never, timeout: 0.01 }],
      dependencies: [[]],
      concurrency: 1,
      keepGoing: false,
      emit: (event) => events.push(event),
      execute: (_, __, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    expect(result.outcomes[0]?.error).toMatchObject({ code: "TASK_TIMEOUT", context: { task: "slow" } });
    expect(events.map(({ type }) => type)).toEqual(["attempt.started", "attempt.failed", "task.failed"]);
  });

  it("takes whatever execute throws, also at once", async () => {
    for (const thrown of [new Error("x"), "words", null, undefined, { secret: "payload" }, 7]) {
      const { result } = run([[]], {
        execute: () => {
          throw thrown;
        },
      });
      const error = (await result).outcomes[0]?.error;
      expect(error).toMatchObject({ code: "TASK_FAILED", context: { task: "t0" } });
      expect(error?.message).not.toContain("payload");
    }
  });

  it("finds the chain that took longest", async () => {
    let now = 0;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
    try {
      const took = [5, 30, 10, 1];
      const { result } = run([[], [], [0], [1, 2]], {
        concurrency: 1,
        execute: async ({ name }) => {
          now += took[Number(name.slice(1))] ?? 0;
        },
      });
      expect((await result).criticalPath).toEqual([1, 3]);
    } finally {
      clock.mockRestore();
    }
  });

  it("runs a chain of 100,000 tasks without recursion", async () => {
    const { result } = run(
      Array.from({ length: 100_000 }, (_, index) => (index === 0 ? [] : [index - 1])),
      {},
    );
    expect((await result).status).toBe("succeeded");
  });
});
