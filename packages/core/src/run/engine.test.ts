import { describe, expect, it } from "vitest";
import { createWorld } from "../../test/memory.ts";
import { Dataset, type Executor, GlacierError, Pipeline, type PipelineRun, type RunEvent, task } from "../index.ts";

const a = new Dataset<number>("a");
const b = new Dataset<number>("b");
const pipeline = new Pipeline("engine", [
  task("one", { output: a }, () => 1),
  task("two", { inputs: { a }, output: b }, ({ a }) => a),
  task("three", { inputs: { b }, output: new Dataset<number>("c") }, ({ b }) => b),
  task("aside", { output: new Dataset<number>("d") }, () => 2),
]);

type Engine = Required<Pick<Executor, "runPipeline">>["runPipeline"];

/** An executor whose engine does just what it is told to; it has no scheduler to fall back on. */
function engine(runPipeline: Engine, world = createWorld()): Executor {
  return {
    ...world.executor,
    name: "engine",
    execute: () => Promise.reject(new Error("core must not schedule")),
    runPipeline,
  };
}

async function run(
  runPipeline: Engine,
  options: { signal?: AbortSignal; keepGoing?: boolean; concurrency?: number } = {},
) {
  const events: RunEvent[] = [];
  const settled = await pipeline
    .run({ executor: engine(runPipeline), runId: "r1", onEvent: (event) => events.push(event), ...options })
    .then(
      (result) => ({ result, error: undefined }),
      (error: GlacierError) => ({ result: undefined, error }),
    );
  const outline = events.map((event) => `${event.type}${"task" in event ? ` ${event.task}` : ""}`);
  return { ...settled, events, outline };
}

const runId = "r1";
const started = (task: string, time: number, attempt = 1): RunEvent => ({
  type: "attempt.started",
  runId,
  time,
  task,
  attempt,
});
const succeeded = (task: string, time: number, durationMs: number, attempt = 1): RunEvent => ({
  type: "task.succeeded",
  runId,
  time,
  task,
  attempt,
  durationMs,
});
const broken = new GlacierError("TASK_FAILED", {
  message: 'task "one" broke',
  hint: "mend it",
  context: { task: "one" },
});
const failed = (task: string, time: number): RunEvent => ({
  type: "task.failed",
  runId,
  time,
  task,
  attempt: 1,
  error: broken.toJSON(),
  durationMs: 5,
});

describe("runPipeline of an executor", () => {
  it("is asked for the whole run; what its events say is the result", async () => {
    let asked: PipelineRun | undefined;
    const { result, outline } = await run(
      async (request, { emit }) => {
        asked = request;
        for (const event of [
          started("one", 10),
          started("one", 20, 2),
          succeeded("one", 40, 30, 2),
          started("two", 40),
          succeeded("two", 45, 5),
          started("aside", 10),
          succeeded("aside", 20, 10),
          started("three", 50),
          succeeded("three", 51, 1),
        ])
          emit(event);
        return "succeeded";
      },
      { keepGoing: true, concurrency: 3 },
    );
    expect(asked).toEqual({ runId, params: {}, selected: "all", resumed: false, keepGoing: true, concurrency: 3 });
    expect([outline[0], outline.at(-1)]).toEqual(["run.started", "run.finished"]);
    expect(result).toMatchObject({ runId, status: "succeeded", criticalPath: ["one", "two", "three"] });
    expect(result?.tasks["one"]).toEqual({ status: "succeeded", attempts: 2, startedAt: 10, durationMs: 30 });
  });

  it("writes no journal: that is the engine's", async () => {
    const world = createWorld();
    const executor = engine(async () => "cancelled", world);
    await expect(pipeline.run({ executor })).rejects.toMatchObject({ code: "CANCELLED" });
    expect([...world.objects.keys()]).toEqual([]);
  });

  it("fails with each failed task's own error; what was under way is cancelled, and what never started skipped", async () => {
    const { error, outline, events } = await run(async (_, { emit }) => {
      for (const event of [started("aside", 1), started("one", 1), failed("one", 6)]) emit(event);
      return "failed";
    });
    expect(error).toMatchObject({
      code: "RUN_FAILED",
      issues: [{ message: 'task "one" broke' }],
      context: { task: "one" },
    });
    expect(outline.slice(4)).toEqual([
      "task.cancelled aside",
      "task.skipped two",
      "task.skipped three",
      "run.finished",
    ]);
    expect(events).toContainEqual(expect.objectContaining({ task: "three", reason: "upstream", because: "one" }));
    expect(events.at(-1)).toMatchObject({ status: "failed", error: { code: "RUN_FAILED" } });
  });

  it("rejects with what stopped the engine itself", async () => {
    const refusal = new GlacierError("PERMISSION_DENIED", { message: "not for you", hint: "ask" });
    const { error, events } = await run(() => Promise.reject(refusal));
    expect(error).toBe(refusal);
    expect(events.at(-1)).toMatchObject({
      type: "run.finished",
      status: "failed",
      error: { code: "PERMISSION_DENIED" },
    });
  });

  it("is cancelled by somebody else, and says how", async () => {
    const stopped = new GlacierError("CANCELLED", { message: "stopped in the console", hint: "ask there" });
    const { error, events, outline } = await run((_, { emit }) => {
      emit(started("one", 1));
      return Promise.reject(stopped);
    });
    expect(error).toBe(stopped);
    expect(outline).toContain("task.cancelled one");
    expect(events.at(-1)).toMatchObject({ status: "cancelled", error: { message: "stopped in the console" } });
  });

  it("is cancelled by the run's signal", async () => {
    const controller = new AbortController();
    const { error, events } = await run(
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve("cancelled"));
          controller.abort();
        }),
      { signal: controller.signal },
    );
    expect(error).toMatchObject({ code: "CANCELLED", context: { runId } });
    expect(events.at(-1)).toMatchObject({ status: "cancelled" });
  });

  it.each([
    ["succeeded", [started("one", 1), failed("one", 6)]],
    ["failed", [started("one", 1), succeeded("one", 6, 5)]],
  ] as const)("is a defect when it says %s and its tasks say otherwise", async (status, events) => {
    const { error } = await run(async (_, { emit }) => {
      for (const event of events) emit(event);
      return status;
    });
    expect(error).toMatchObject({ code: "INTERNAL", message: expect.stringContaining("engine") });
  });

  it("is not asked before everything is checked", async () => {
    const source = new Dataset<number>("source");
    const lacking = new Pipeline("lacking", [task("t", { inputs: { source }, output: a }, ({ source }) => source)]);
    let asked = false;
    const executor = engine(async () => {
      asked = true;
      return "succeeded";
    });
    const bindings = { source: executor.defaultStorage };
    await expect(lacking.run({ executor, bindings })).rejects.toMatchObject({ code: "DATASET_MISSING" });
    expect(asked).toBe(false);
  });
});
