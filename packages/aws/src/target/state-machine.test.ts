import { compute } from "@glacier/core";
import aslValidator from "asl-validator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chain, State } from "../../test/aws-file.ts";
import { compiled, dag, pipelineOf, said, taskOf, tasksOf } from "../../test/plans.ts";
import { readTerraform } from "../../test/terraform-file.ts";

async function machineOf(...given: Parameters<typeof compiled>): Promise<Chain> {
  return readTerraform(await (await compiled(...given)).forms.terraform()).machine.definition;
}

/** All states by name, however deep. Fails where two have one name. */
function statesOf(chain: Chain, found = new Map<string, State>()): Map<string, State> {
  for (const [name, state] of Object.entries(chain.States)) {
    expect(found.has(name), `two states are named "${name}"`).toBe(false);
    found.set(name, state);
    for (const branch of state.Branches ?? []) statesOf(branch, found);
  }
  return found;
}

it("has each task once, and each after all that it depends on, in whatever graph", async () => {
  await fc.assert(
    fc.asyncProperty(dag(25), fc.boolean(), async (graph, inContainers) => {
      const image = (i: number) =>
        inContainers && i % 3 === 0 ? { compute: compute.container({ image: "node:24" }) } : {};
      const machine = await machineOf(pipelineOf(tasksOf(graph, image)));
      const states = statesOf(machine);
      for (const name of states.keys()) expect(name.length).toBeLessThanOrEqual(80);
      const before = orderOf(machine);
      expect([...before.keys()].sort()).toEqual(graph.map((_, i) => `t${i}`).sort());
      graph.forEach((others, i) => {
        for (const other of others) expect(before.get(`t${i}`)).toContain(`t${other}`);
      });
    }),
    { numRuns: 60 },
  );
});

it.each([[[[]]], [[[], [0], [0], [1, 2]]], [[[], [], [0], [0, 1], [2, 3]]]])("is legal for %j", async (graph) => {
  const image = (i: number) => (i % 2 === 0 ? { compute: compute.container({ image: "node:24" }), retries: 2 } : {});
  expect(aslValidator(await machineOf(pipelineOf(tasksOf(graph, image))))).toMatchObject({ isValid: true, errors: [] });
});

/** Tasks that are over before each starts. */
function orderOf(machine: Chain): Map<string, ReadonlySet<string>> {
  const before = new Map<string, ReadonlySet<string>>();
  const walk = (chain: Chain, over: ReadonlySet<string>): Set<string> => {
    const done = new Set(over);
    for (let name: string | undefined = chain.StartAt; name !== undefined; name = chain.States[name]?.Next) {
      const branches = chain.States[name]?.Branches;
      if (branches === undefined) {
        before.set(name, new Set(done));
        done.add(name);
      } else
        for (const ended of branches.map((branch) => walk(branch, new Set(done))))
          for (const one of ended) done.add(one);
    }
    return done;
  };
  for (const branch of machine.States["Run"]?.Branches ?? []) walk(branch, new Set());
  return before;
}

it("passes only ids and params on, and counts attempts", async () => {
  const machine = await machineOf(
    pipelineOf([taskOf("load"), taskOf("train", { compute: compute.container({ image: "node:24" }) })]),
  );
  const states = statesOf(machine);
  expect(machine.States["Begin"]).toMatchObject({
    Parameters: {
      FunctionName: "orders--run",
      Payload: { step: "begin", "execution.$": "$$.Execution.Name", "input.$": "$" },
    },
    ResultSelector: { "runId.$": "$.Payload.runId", "params.$": "$.Payload.params" },
  });
  expect(states.get("load")).toMatchObject({
    ResultPath: null,
    Parameters: {
      FunctionName: "orders-load",
      Payload: { task: "load", "attempt.$": "States.MathAdd($$.State.RetryCount, 1)", "run.$": "$" },
    },
  });
  expect(states.get("train")).toMatchObject({
    Resource: "arn:aws:states:::ecs:runTask.sync",
    Parameters: {
      TaskDefinition: "orders-train",
      PropagateTags: "TASK_DEFINITION",
      Cluster: "orders",
      Overrides: {
        ContainerOverrides: [
          { Name: "task", Environment: expect.arrayContaining([{ Name: "GLACIER_TASK", Value: "train" }]) },
        ],
      },
    },
  });
});

it("adds nothing up: a branch answers nothing, however large the params are", async () => {
  const ends = (chain: Chain): State[] =>
    Object.values(chain.States).flatMap((state) => [
      ...(state.End === true ? [state] : []),
      ...(state.Branches ?? []).flatMap(ends),
    ]);
  const machine = await machineOf(pipelineOf(tasksOf([[], [], [0], [0, 1], [2, 3]])));
  const { Run: run } = machine.States;
  const last = run?.Branches?.flatMap(ends) ?? [];
  expect(last.length).toBeGreaterThan(2);
  for (const state of last) expect(state).toMatchObject({ OutputPath: null });
});

describe("a task's retries", () => {
  const retryOf = async (options: object) =>
    statesOf(await machineOf(pipelineOf([taskOf("load", options)])))
      .get("load")
      ?.Retry?.slice(1);

  it("are its policy's, for what may be retried", async () => {
    expect(await retryOf({ retries: { max: 4, delay: 2.5, factor: 3, maxDelay: 60, jitter: 0.2 } })).toEqual([
      {
        ErrorEquals: expect.arrayContaining(["TASK_FAILED", "THROTTLED", "RetryableError", "Sandbox.Timedout"]),
        MaxAttempts: 4,
        IntervalSeconds: 3,
        BackoffRate: 3,
        MaxDelaySeconds: 60,
        JitterStrategy: "FULL",
      },
    ]);
    const [{ ErrorEquals: errors }] = (await retryOf({ retries: 1 })) as [{ ErrorEquals: string[] }];
    expect(errors).not.toContain("DATA_INVALID");
  });

  it("are as many as Step Functions takes", async () => {
    expect(await retryOf({ retries: 1e12 })).toMatchObject([{ MaxAttempts: 99_999_999 }]);
  });

  it("are of a container's attempts, not of its state, which can't tell why it ended", async () => {
    const machine = await machineOf(
      pipelineOf([taskOf("load", { retries: 3, compute: compute.container({ image: "node:24" }) })]),
    );
    const states = statesOf(machine);
    expect(states.get("Attempts: load")).toMatchObject({
      Parameters: { "attempt.$": "States.MathAdd($$.State.RetryCount, 1)", "run.$": "$" },
      Retry: [{ ErrorEquals: ["TASK_CRASHED", "States.Timeout"], MaxAttempts: 3 }],
    });
    expect(states.get("load")?.Retry).toMatchObject([{ ErrorEquals: expect.arrayContaining(["ECS.ServerException"]) }]);
    expect(aslValidator(machine)).toMatchObject({ isValid: true, errors: [] });
  });

  it("wait no longer than their longest, also where that is less than their first", async () => {
    expect(await retryOf({ retries: { max: 2, delay: 30, factor: 2, maxDelay: 10, jitter: 0 } })).toEqual([
      { ErrorEquals: expect.anything(), MaxAttempts: 2, IntervalSeconds: 10, BackoffRate: 1 },
    ]);
  });

  it("are none where it has none; what AWS fails with for a moment is tried again all the same", async () => {
    expect(await retryOf({ retries: 0 })).toEqual([]);
    const load = statesOf(await machineOf(pipelineOf([taskOf("load")]))).get("load");
    expect(load?.Retry).toMatchObject([{ ErrorEquals: expect.arrayContaining(["Lambda.TooManyRequestsException"]) }]);
  });
});

it("says where tasks wait for others that they don't depend on", async () => {
  // c after a, d after a and b: not series-parallel.
  const { diagnostics } = await compiled(pipelineOf(tasksOf([[], [], [0], [0, 1]])));
  expect(said(diagnostics)).toEqual([expect.stringMatching(/^info UNSUPPORTED: t\d(, t\d)* waits? for t\d(, t\d)*: /)]);
  const nested = await compiled(pipelineOf(tasksOf([[], [0], [0], [1, 2]])));
  expect(nested.diagnostics).toEqual([]);
});

describe("a pipeline that Step Functions has no room for", () => {
  it("is refused by the size of its definition", async () => {
    const tasks = Array.from({ length: 1500 }, (_, i) => taskOf(`t${"x".repeat(50)}${i}`, { retries: 3 }));
    const { diagnostics } = await compiled(pipelineOf(tasks));
    expect(said(diagnostics)).toContainEqual(
      expect.stringMatching(/^error UNSUPPORTED: the state machine of "orders" is \d+ bytes.*service-quotas/),
    );
  });

  it("is warned of where only its retries make too much history", async () => {
    const { diagnostics } = await compiled(
      pipelineOf(Array.from({ length: 10 }, (_, i) => taskOf(`t${i}`, { retries: 1000 }))),
    );
    expect(said(diagnostics)).toEqual([
      expect.stringMatching(/^warning UNSUPPORTED: a run of "orders" has 70 events, 30070 with every retry/),
    ]);
  });
});
