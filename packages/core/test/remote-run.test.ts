import { describe, expect, it, onTestFinished, vi } from "vitest";
import { beginRun, finishRun, type RemoteRun, runAttempt } from "../src/execute/index.ts";
import {
  compute,
  createRegistry,
  Dataset,
  GlacierError,
  Pipeline,
  type RunEvent,
  readJournal,
  type StandardSchema,
  task,
} from "../src/index.ts";
import { listRuns } from "../src/inspect/index.ts";
import { nodeRuntime } from "../src/node/index.ts";
import { createWorld } from "./memory.ts";

const day: StandardSchema<{ day: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "object" && value !== null && "day" in value
        ? { value: value as { day: string } }
        : { issues: [{ message: "is missing", path: ["day"] }] },
  },
};

const source = new Dataset<number>("source", { storage: { kind: "data" } });
const left = new Dataset<number>("left");
const right = new Dataset<number>("right");
let fails: (attempt: number) => Error | undefined = () => undefined;
const pipeline = new Pipeline("p", [
  task(
    "left",
    { inputs: { source }, output: left, params: day, retries: { max: 1, delay: 2 } },
    ({ source }, { attempt }) => {
      const error = fails(attempt);
      if (error !== undefined) throw error;
      return source + 1;
    },
  ),
  task("right", { inputs: { source }, output: right }, ({ source }, { log }) => {
    log.info("from the right");
    return source + 2;
  }),
  task("sum", { inputs: { left, right }, output: new Dataset<number>("sum") }, ({ left, right }) => left + right),
]);

function engine() {
  const world = createWorld();
  world.put("source.json", "1");
  const registry = createRegistry(world.executor.providers ?? []);
  const where = { plan: pipeline.plan({ for: world.executor }), pipeline, registry };
  fails = () => undefined;
  return {
    world,
    begin: (runId = "r1", params = { day: "monday" }) => beginRun(where, { runId, params, executor: "engine" }),
    attempt: (run: RemoteRun, task: string, attempt = 1, signal = new AbortController().signal) =>
      runAttempt({ task, attempt, run }, { ...where, runtime: nodeRuntime(), signal, emit: () => {} }),
    finish: (run: RemoteRun, failure?: GlacierError) => finishRun(where, run, failure),
    async journal(runId = "r1") {
      const events: RunEvent[] = [];
      for await (const event of readJournal(where.plan, runId, registry)) events.push(event);
      return events;
    },
    async runs() {
      const found = [];
      for await (const run of listRuns(where.plan, registry, Date.now())) found.push(run);
      return found;
    },
  };
}

const outline = (events: readonly RunEvent[]) =>
  events.map((event) => `${event.type}${"task" in event ? ` ${event.task}` : ""}`);

describe("a run that an engine walks", () => {
  it("has one journal, as if one process had written it", async () => {
    const { begin, attempt, finish, journal, runs, world } = engine();
    const run = await begin();
    await Promise.all([attempt(run, "left"), attempt(run, "right")]);
    await attempt(run, "sum");
    expect(await finish(run)).toBeUndefined();
    const events = await journal();
    expect(outline(events.filter((event) => !("task" in event) || event.task === "right"))).toEqual([
      "run.started",
      "attempt.started right",
      "log right",
      "dataset.written right",
      "dataset.read right",
      "task.succeeded right",
      "run.finished",
    ]);
    expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).sort((a, b) => a - b));
    expect(world.text("sum.json").trim()).toBe("5");
    expect(await runs()).toMatchObject([{ runId: "r1", status: "succeeded", tasks: { done: 3, total: 3 } }]);
  });

  it("takes the sources as they were when it began", async () => {
    const { begin, attempt, world } = engine();
    const run = await begin();
    world.put("source.json", "7");
    await expect(attempt(run, "left")).rejects.toMatchObject({ code: "DATASET_CHANGED", context: { task: "left" } });
  });

  it("begins only with params that every task takes", async () => {
    const { begin, world } = engine();
    await expect(begin("r1", {} as { day: string })).rejects.toMatchObject({ code: "PARAMS_INVALID" });
    expect([...world.objects.keys()]).toEqual(["source.json"]);
  });

  it.each(["../other", "a b", ""])("begins with no run id that can't be an object's key: %j", async (runId) => {
    await expect(engine().begin(runId)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });

  it("says of a failed attempt whether another follows, and fails with the task's own error", async () => {
    const { begin, attempt, finish, journal, runs } = engine();
    fails = (number) => new Error(`no luck with ${number}`);
    const run = await begin();
    await expect(attempt(run, "left", 1)).rejects.toMatchObject({ code: "TASK_FAILED" });
    await expect(attempt(run, "left", 2)).rejects.toMatchObject({ code: "TASK_FAILED" });
    const failure = new GlacierError("TASK_CRASHED", { message: "exit code 1", hint: "-" });
    expect(await finish(run, failure)).toMatchObject({
      code: "TASK_FAILED",
      message: expect.stringContaining("no luck with 2"),
    });
    const events = await journal();
    expect(events.filter(({ type }) => type === "attempt.failed")).toMatchObject([
      { attempt: 1, retryInMs: 2000 },
      { attempt: 2 },
    ]);
    expect(outline(events.slice(-4))).toEqual([
      "task.failed left",
      "task.skipped right",
      "task.skipped sum",
      "run.finished",
    ]);
    expect(events.at(-2)).toMatchObject({ reason: "upstream", because: "left" });
    expect(await runs()).toMatchObject([{ status: "failed", error: { code: "RUN_FAILED" } }]);
  });

  it("lets a task go on after attempts that the engine's own services turned away", async () => {
    const { begin, attempt, finish, journal, runs } = engine();
    fails = (number) => (number === 3 ? new Error("no luck") : undefined);
    const run = await begin();
    // Two starts came to nothing, and the engine numbered them.
    await expect(attempt(run, "left", 3)).rejects.toMatchObject({ code: "TASK_FAILED" });
    expect(outline(await journal()).at(-1)).toBe("attempt.failed left");
    await attempt(run, "left", 4);
    await attempt(run, "right");
    await attempt(run, "sum");
    await finish(run);
    expect(outline(await journal())).not.toContain("task.failed left");
    expect(await runs()).toMatchObject([{ status: "succeeded", tasks: { done: 3 } }]);
  });

  it("says of a task without retries at once that it failed", async () => {
    const { begin, attempt, journal, world } = engine();
    const run = await begin();
    world.put("source.json", "7");
    await expect(attempt(run, "right")).rejects.toMatchObject({ code: "DATASET_CHANGED" });
    expect(outline(await journal()).at(-1)).toBe("task.failed right");
  });

  it("is cancelled with what was at work, what waited for another try and what never started", async () => {
    const { begin, attempt, finish, journal, runs } = engine();
    fails = () => new Error("no luck");
    const run = await begin();
    await expect(attempt(run, "left", 2)).rejects.toMatchObject({ code: "TASK_FAILED" });
    await attempt(run, "right");
    const reason = new GlacierError("CANCELLED", { message: "stopped", hint: "-" });
    await finish(run, reason);
    const events = await journal();
    expect(outline(events.slice(-3))).toEqual(["task.cancelled left", "task.skipped sum", "run.finished"]);
    expect(events.at(-2)).toMatchObject({ reason: "stopped" });
    expect(events.at(-1)).toMatchObject({ status: "cancelled", error: { code: "CANCELLED" } });
    expect(await runs()).toMatchObject([{ status: "cancelled", tasks: { done: 1, total: 3 } }]);
  });

  it("ends once, whoever says so a second time", async () => {
    const { begin, attempt, finish, journal } = engine();
    const run = await begin();
    await attempt(run, "right");
    await finish(run, new GlacierError("UNAVAILABLE", { message: "gone", hint: "-" }));
    const before = await journal();
    await finish(run, new GlacierError("CANCELLED", { message: "stopped", hint: "-" }));
    expect(await journal()).toEqual(before);
  });

  it("keeps its attempts to their compute's own timeout", async () => {
    const world = createWorld();
    const slow = new Pipeline("p", [
      task("slow", { output: left, timeout: 60, compute: compute.serverless({ timeout: 0.01 }) }, () => {
        return new Promise<number>(() => {});
      }),
    ]);
    const registry = createRegistry(world.executor.providers ?? []);
    const where = { plan: slow.plan({ for: world.executor }), pipeline: slow, registry };
    const run = await beginRun(where, { runId: "r1", params: {}, executor: "engine" });
    const signal = new AbortController().signal;
    const site = { ...where, runtime: nodeRuntime(), signal, emit: () => {} };
    await expect(runAttempt({ task: "slow", attempt: 1, run }, site)).rejects.toMatchObject({
      code: "TASK_TIMEOUT",
      message: 'task "slow" took longer than its timeout of 0.01 s',
    });
  });

  it("gives a process that died without a word the engine's error, where no other can have died", async () => {
    const { begin, attempt, finish, journal, world } = engine();
    const run = await begin();
    await attempt(run, "right");
    await attempt(run, "left");
    // What is there of an attempt that was killed: its beginning.
    const key = [...world.objects.keys()].filter((key) => key.includes(".left.1.")).at(-1) as string;
    const [first] = world.text(`state/runs/p/r1/${run.segment}.left.1.000001.ndjson`).split("\n");
    for (const one of [...world.objects.keys()]) if (one.includes(".left.1.")) world.objects.delete(one);
    world.put(key.replace(/\d+\.ndjson$/, "000001.ndjson"), `${first}\n`);
    const failure = new GlacierError("OUT_OF_MEMORY", { message: "killed", hint: "-" });
    expect(await finish(run, failure)).toMatchObject({ code: "OUT_OF_MEMORY", message: 'task "left": killed' });
    expect(outline((await journal()).slice(-4))).toEqual([
      "attempt.failed left",
      "task.failed left",
      "task.skipped sum",
      "run.finished",
    ]);
  });

  it("takes the engine's word for whose process died, where several were at work", async () => {
    const { begin, finish, journal, world } = engine();
    const run = await begin();
    for (const task of ["left", "right"]) {
      const started = { type: "attempt.started", runId: "r1", time: Date.now(), task, attempt: 1 };
      world.put(`state/runs/p/r1/${run.segment}.${task}.1.000001.ndjson`, `${JSON.stringify(started)}\n`);
    }
    const failure = { message: 'task "right": killed', hint: "-", context: { task: "right" } };
    await finish(run, new GlacierError("OUT_OF_MEMORY", failure));
    expect(outline((await journal()).slice(-5))).toEqual([
      "attempt.failed right",
      "task.failed right",
      "task.cancelled left",
      "task.skipped sum",
      "run.finished",
    ]);
  });

  it("cancels an attempt", async () => {
    const { begin, attempt, journal } = engine();
    const run = await begin();
    const reason = new GlacierError("CANCELLED", { message: "stop", hint: "-" });
    await expect(attempt(run, "left", 1, AbortSignal.abort(reason))).rejects.toMatchObject({ code: "CANCELLED" });
    expect(outline(await journal()).at(-1)).toBe("task.cancelled left");
  });

  it("loses nothing of an attempt that is started twice", async () => {
    const { begin, attempt, journal } = engine();
    const run = await begin();
    let time = Date.now();
    // No two events are the same ones.
    const clock = vi.spyOn(Date, "now").mockImplementation(() => ++time);
    onTestFinished(() => clock.mockRestore());
    await Promise.all([attempt(run, "right"), attempt(run, "right")]).catch(() => {});
    const started = (await journal()).filter(({ type }) => type === "attempt.started");
    expect(started).toHaveLength(2);
  });

  it("keeps attempts out of its journal that someone else reads into it", async () => {
    const { begin, attempt, journal, world } = engine();
    const run = await begin();
    await attempt({ ...run, segment: "attempts/1" }, "right");
    expect(outline(await journal())).toEqual(["run.started"]);
    expect([...world.objects.keys()]).toContain("state/runs/p/r1/attempts/1.right.1.000001.ndjson");
  });

  it("goes on in the same journal when it begins again", async () => {
    const { begin, attempt, finish, journal } = engine();
    const first = await begin();
    await attempt(first, "right");
    await finish(first, new GlacierError("UNAVAILABLE", { message: "gone", hint: "-" }));
    const second = await begin();
    await attempt(second, "right");
    await finish(second);
    const events = outline(await journal()).filter((line) => !line.startsWith("dataset") && !line.startsWith("log"));
    expect(events).toEqual([
      "run.started",
      "attempt.started right",
      "task.succeeded right",
      "task.skipped left",
      "task.skipped sum",
      "run.finished",
      "run.started",
      "attempt.started right",
      "task.succeeded right",
      "run.finished",
    ]);
  });

  it("ends once, but for a failure that another try of the last step undoes", async () => {
    const { begin, attempt, finish, journal } = engine();
    const run = await begin();
    await attempt(run, "right");
    const gone = new GlacierError("UNAVAILABLE", { message: "gone", hint: "-" });
    const ends = async () =>
      (await journal()).flatMap((event) => (event.type === "run.finished" ? [event.status] : []));
    for (const failure of [gone, gone]) await finish(run, failure);
    expect(await ends()).toEqual(["failed"]);
    for (const failure of [undefined, undefined, gone]) await finish(run, failure);
    expect(await ends()).toEqual(["failed", "succeeded"]);
    const other = await begin("r2");
    await finish(other, new GlacierError("CANCELLED", { message: "stopped", hint: "-" }));
    await finish(other);
    const last = (await journal("r2")).at(-1);
    expect(last).toMatchObject({ type: "run.finished", status: "cancelled" });
  });
});
