import { compute } from "@glacier/core";
import aslValidator from "asl-validator";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Call, type Ended, execute, taskError } from "../../test/execution.ts";
import { compiled, dag, pipelineOf, tasksOf } from "../../test/plans.ts";
import { readTerraform } from "../../test/terraform-file.ts";

const own = { Error: "TASK_FAILED", Cause: '{"code":"TASK_FAILED","message":"no luck"}' };

/** What an execution did, its tasks taking as many turns of the event loop as `turns` says; that at `failing` fails. */
async function ran(graph: readonly number[][], turns: readonly number[], failing?: number) {
  const image = (i: number) => (i % 5 === 4 ? { compute: compute.container({ image: "node:24" }) } : {});
  const compilation = await compiled(pipelineOf(tasksOf(graph, image)));
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
    if (index === failing) throw taskError(own);
    over.add(state);
    return {};
  };
  const ended: Ended = await execute(definition, "run-1", {}, call);
  return { definition, started, early, finished, ended };
}

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
      expect(bad.ended).toEqual({ error: own });
      expect(bad.finished, "finish is told").toEqual(own);
      expect(new Set(bad.started).size).toBe(bad.started.length);
      expect(bad.early).toEqual([]);
    }),
    { numRuns: 500 },
  );
}, 120_000);
