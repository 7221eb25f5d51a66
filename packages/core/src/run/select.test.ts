import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dag, tasksOf } from "../../test/graphs.ts";
import { buildGraph } from "../graph/graph.ts";
import { select } from "./select.ts";

const names = (graph: ReturnType<typeof buildGraph>, indices: readonly number[]) =>
  indices.map((index) => graph.tasks[index]?.name);

describe("select", () => {
  it("from and until cover exactly what depends on a task, and what it depends on", () => {
    fc.assert(
      fc.property(dag(), fc.nat(), (edges, pick) => {
        const graph = buildGraph(tasksOf(edges));
        const index = pick % edges.length;
        const above = (start: number): Set<number> =>
          new Set([start, ...(edges[start] ?? []).flatMap((next) => [...above(next)])]);
        expect(new Set(names(graph, select(graph, { until: [`t${index}`] })))).toEqual(
          new Set([...above(index)].map((i) => `t${i}`)),
        );
        const below = edges.flatMap((_, i) => (above(i).has(index) ? [`t${i}`] : []));
        expect(new Set(names(graph, select(graph, { from: [`t${index}`] })))).toEqual(new Set(below));
        expect(names(graph, select(graph, { only: [`t${index}`] }))).toEqual([`t${index}`]);
        expect(names(graph, select(graph, { from: [`t${index}`], until: [`t${index}`] }))).toEqual([`t${index}`]);
      }),
    );
  });

  it("says what is wrong with a selection", () => {
    const graph = buildGraph(tasksOf([[], []]));
    expect(() => select(graph, { only: ["t7"] })).toThrow(
      expect.objectContaining({ code: "TASK_UNKNOWN", hint: expect.stringContaining("t0, t1") }),
    );
    expect(() => select(graph, { only: ["t0"], from: ["t1"] })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});
