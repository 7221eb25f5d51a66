import { compute } from "@glacier/core";
import aslValidator from "asl-validator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Call, type Ended, execute, taskError } from "../../test/execution.ts";
import { compiled, dag, pipelineOf, taskOf, tasksOf } from "../../test/plans.ts";
import { readTerraform } from "../../test/terraform-file.ts";

const own = { Error: "TASK_FAILED", Cause: '{"code":"TASK_FAILED","message":"no luck"}' };
const image = compute.container({ image: "node:24" });
/** As Step Functions tells of a container, beside others: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
const container = (ends: object, more: object = {}, beside: readonly object[] = []) => ({
  Error: "States.TaskFailed",
  Cause: JSON.stringify({
    Containers: [...beside, { Cpu: "256", ...ends, GpuIds: [], Name: "task" }],
    Cpu: "256",
    Overrides: { ContainerOverrides: [{ Name: "task" }] },
    StopCode: "EssentialContainerExited",
    StoppedReason: "Essential container in task exited",
    ...more,
  }),
});
const guard = (ExitCode: number) => ({ ExitCode, Name: "aws-guardduty-agent-X1" });

/** What an execution did, its tasks taking as many turns of the event loop as `turns` says; that at `failing` fails. */
async function ran(graph: readonly number[][], turns: readonly number[], failing?: number) {
  const inContainers = (i: number) => (i % 5 === 4 ? { compute: image, retries: i % 2 } : {});
  const compilation = await compiled(pipelineOf(tasksOf(graph, inContainers)));
  const { definition } = readTerraform(await compilation.forms.terraform()).machine;
  const started: string[] = [];
  const over = new Set<string>();
  const early: string[] = [];
  let finished: unknown;
  const call: Call = async (parameters, state) => {
    const { step, execution, error } = (parameters["Payload"] ?? {}) as Record<string, unknown>;
    if (step === "begin") return { Payload: { runId: execution, params: {}, segment: "000002", selected: "all" } };
    if (step === "finish") {
      finished = error ?? "succeeded";
      return { Payload: { runId: "run-1", error } };
    }
    const index = Number(state.slice(1));
    started.push(state);
    if (!graph[index]?.every((before) => over.has(`t${before}`))) early.push(state);
    for (let turn = turns[index] ?? 0; turn > 0; turn--) await new Promise(setImmediate);
    if (index === failing) throw taskError(isRetried(index) ? container({ ExitCode: 2 }) : own);
    over.add(state);
    return {};
  };
  const ended: Ended = await execute(definition, "run-1", {}, call);
  return { definition, started, early, finished, ended };
}

/** Of those in containers, which one has attempts. */
const isRetried = (index: number) => index % 10 === 9;

it("starts every task once, after all that it depends on, in whatever graph; a task's failure is the run's", async () => {
  const graphs = dag(20).chain((graph) =>
    fc.record({
      graph: fc.constant(graph),
      turns: fc.array(fc.nat(4), { minLength: graph.length, maxLength: graph.length }),
      failing: fc.nat(graph.length - 1),
    }),
  );
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(graphs, async ({ graph, turns, failing }) => {
      const good = await ran(graph, turns);
      // The validator compiles its schemas for each call, which takes longer than all the rest.
      if (runs++ % 10 === 0) expect(aslValidator(good.definition)).toMatchObject({ isValid: true, errors: [] });
      expect(good.started.sort()).toEqual(graph.map((_, i) => `t${i}`).sort());
      expect(good.early).toEqual([]);
      expect(good).toMatchObject({ finished: "succeeded", ended: { output: { runId: "run-1" } } });

      const bad = await ran(graph, turns, failing);
      const error = isRetried(failing) ? { ...container({ ExitCode: 2 }), Error: "TASK_CRASHED.Final" } : own;
      expect(bad.ended).toEqual({ error });
      expect(bad.finished, "finish is told").toEqual(error);
      expect(new Set(bad.started).size).toBe(bad.started.length);
      expect(bad.early).toEqual([]);
    }),
    { numRuns: 500 },
  );
}, 120_000);

describe("a run's first and last step", () => {
  /** Runs one task, where one of the steps fails so at first. */
  async function failingAtFirst(failing: string, error: string, times: number) {
    const { forms } = await compiled(pipelineOf([taskOf("load")]));
    const { definition } = readTerraform(await forms.terraform()).machine;
    const tries: string[] = [];
    const ended = await execute(definition, "run-1", {}, async (_, state, attempt) => {
      tries.push(state);
      if (state === failing && attempt <= times) throw taskError({ Error: error, Cause: "{}" });
      return { Payload: { runId: "run-1", params: {}, segment: "000002", selected: "all" } };
    });
    return { ended, tries: tries.filter((state) => state === failing).length };
  }

  it.each(["Begin", "Finish"])("%s is tried again after what may pass", async (step) => {
    for (const error of ["THROTTLED", "UNAVAILABLE", "RetryableError", "Runtime.ExitError", "Sandbox.Timedout"]) {
      const { ended, tries } = await failingAtFirst(step, error, 12);
      expect(ended).toMatchObject({ output: { runId: "run-1" } });
      expect(tries).toBe(13);
    }
  });

  it("what doesn't pass fails the run at once", async () => {
    const { ended, tries } = await failingAtFirst("Begin", "PARAMS_INVALID", 99);
    expect(ended).toMatchObject({ error: { Error: "PARAMS_INVALID" } });
    expect(tries).toBe(1);
  });
});

describe("a container with two retries", () => {
  /** Runs one whose attempts end so, the last also all further ones. */
  async function attempts(...ends: ({ Error: string; Cause: string } | undefined)[]) {
    const { forms } = await compiled(pipelineOf([taskOf("train", { compute: image, retries: 2 })]));
    const { definition } = readTerraform(await forms.terraform()).machine;
    let starts = 0;
    const told: unknown[] = [];
    const ended = await execute(definition, "run-1", {}, async (parameters, state) => {
      const { step, error } = (parameters["Payload"] ?? {}) as Record<string, unknown>;
      if (step === "begin")
        return { Payload: { runId: "run-1", params: { day: "today" }, segment: "000002", selected: "all" } };
      if (step === "finish") return { Payload: { runId: "run-1", error } };
      expect(state).toBe("train");
      told.push(parameters["Overrides"]);
      const end = ends[Math.min(starts++, ends.length - 1)];
      if (end !== undefined) throw taskError(end);
      return {};
    });
    return { starts, ended, told };
  }

  it("is told its attempt and its run", async () => {
    const { starts, told } = await attempts(undefined);
    expect(starts).toBe(1);
    const [{ ContainerOverrides: overrides }] = told as [{ ContainerOverrides: { Environment: unknown }[] }];
    expect(overrides[0]?.Environment).toEqual([
      { Name: "GLACIER_TASK", Value: "train" },
      { Name: "GLACIER_ATTEMPT", Value: "1" },
      {
        Name: "GLACIER_RUN",
        Value: JSON.stringify({ runId: "run-1", params: { day: "today" }, segment: "000002", selected: "all" }),
      },
    ]);
  });

  it("is started again after an error that may be tried again, and the run goes on", async () => {
    const { starts, ended } = await attempts(container({ ExitCode: 1 }), undefined);
    expect(starts).toBe(2);
    expect(ended).toEqual({ output: { runId: "run-1" } });
  });

  it("has ended well where only another container was killed, with and without retries", async () => {
    const killed = container({ ExitCode: 0 }, {}, [guard(137)]);
    expect(await attempts(killed)).toMatchObject({ starts: 1, ended: { output: { runId: "run-1" } } });
    const { forms } = await compiled(pipelineOf([taskOf("train", { compute: image })]));
    const { definition } = readTerraform(await forms.terraform()).machine;
    const ended = (end: { Error: string; Cause: string }) =>
      execute(definition, "run-1", {}, async (parameters, state) => {
        if (state === "train") throw taskError(end);
        const { error } = parameters["Payload"] as { error?: unknown };
        return { Payload: { runId: "run-1", params: {}, segment: "000002", selected: "all", error } };
      });
    expect(await ended(killed)).toEqual({ output: { runId: "run-1" } });
    const crash = container({ ExitCode: 1 }, {}, [guard(0)]);
    expect(await ended(crash)).toEqual({ error: crash });
  });

  it.each([
    ["an error that may be tried again", container({ ExitCode: 1 }), 3, "TASK_CRASHED"],
    ["a crash", container({ ExitCode: 139 }), 3, "TASK_CRASHED"],
    [
      "a word in its environment",
      container({ ExitCode: 1, Reason: 'said "ExitCode":2, and OutOfMemory' }),
      3,
      "TASK_CRASHED",
    ],
    ["its time", { Error: "States.Timeout", Cause: "" }, 3, "States.Timeout"],
    ["an error that is final", container({ ExitCode: 2 }), 1, "TASK_CRASHED.Final"],
    ["too little memory", container({ ExitCode: 137, Reason: "OutOfMemoryError: killed" }), 1, "TASK_CRASHED.Final"],
    ["a kill without a word", container({ ExitCode: 137 }), 1, "TASK_CRASHED.Final"],
    ["a kill from outside", container({ ExitCode: 137 }, { StopCode: "TerminationNotice" }), 3, "TASK_CRASHED"],
    ["an error, and another container's final one", container({ ExitCode: 1 }, {}, [guard(2)]), 3, "TASK_CRASHED"],
    ["a final error, and another container's", container({ ExitCode: 2 }, {}, [guard(1)]), 1, "TASK_CRASHED.Final"],
    ["no end of its own", container({}, {}, [guard(2)]), 3, "TASK_CRASHED"],
    ["nothing that ECS said", { Error: "States.TaskFailed", Cause: "lost" }, 3, "TASK_CRASHED"],
    ["no image", container({ Reason: "CannotPullContainerError: no" }), 1, "TASK_CRASHED.Final"],
    [
      "no image, said of the whole",
      container({}, { StoppedReason: "CannotPullContainerError: no" }),
      1,
      "TASK_CRASHED.Final",
    ],
    [
      "no task definition",
      { Error: "ECS.ClientException", Cause: "TaskDefinition not found." },
      1,
      "ECS.ClientException",
    ],
    [
      "a service that is never ready",
      { Error: "ECS.AmazonECSException", Cause: "Rate exceeded" },
      9,
      "ECS.AmazonECSException",
    ],
  ])("after %s", async (_, end, times, name) => {
    const { starts, ended } = await attempts(end);
    expect(starts).toBe(times);
    expect(ended).toEqual({ error: { Error: name, Cause: end.Cause } });
  });
});
