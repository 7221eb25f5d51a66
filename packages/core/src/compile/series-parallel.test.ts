import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dag } from "../../test/graphs.ts";
import { type SeriesParallel, seriesParallel } from "./series-parallel.ts";

/** Tasks in the order they stand in a tree, and the pairs of which it starts the second after the first. */
function orderOf(tree: SeriesParallel): { tasks: number[]; pairs: Set<string> } {
  if (tree.kind === "task") return { tasks: [tree.task], pairs: new Set() };
  const parts = (tree.kind === "series" ? tree.steps : tree.branches).map(orderOf);
  const pairs = new Set(parts.flatMap((part) => [...part.pairs]));
  if (tree.kind === "series") {
    parts.forEach((first, i) => {
      for (const second of parts.slice(i + 1))
        for (const a of first.tasks) for (const b of second.tasks) pairs.add(`${a}<${b}`);
    });
  }
  return { tasks: parts.flatMap(({ tasks }) => tasks), pairs };
}

function closureOf(graph: readonly (readonly number[])[]): Set<string> {
  const before: Set<number>[] = [];
  for (const direct of graph) before.push(new Set(direct.flatMap((other) => [other, ...(before[other] ?? [])])));
  return new Set(before.flatMap((others, task) => [...others].map((other) => `${other}<${task}`)));
}

/** A graph that is series-parallel by construction, as a tree; its tasks are numbered as they stand. */
const { tree: nested } = fc.letrec<{ tree: Shape }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constant("task" as const),
    fc.record({
      kind: fc.constantFrom("series", "parallel"),
      parts: fc.array(tie("tree"), { minLength: 2, maxLength: 4 }),
    }),
  ),
}));
type Shape = "task" | { kind: "series" | "parallel"; parts: Shape[] };

/** The direct dependencies that a tree means: each step's ends before the next one's starts. */
function graphOf(shape: Shape): number[][] {
  const graph: number[][] = [];
  const add = (part: Shape, after: readonly number[]): number[] => {
    if (part === "task") return [graph.push([...after]) - 1];
    if (part.kind === "parallel") return part.parts.flatMap((branch) => add(branch, after));
    return part.parts.reduce<readonly number[]>((ends, step) => add(step, ends), after) as number[];
  };
  add(shape, []);
  return graph;
}

describe("seriesParallel", () => {
  it("starts each task once, after all that it waits for", () => {
    fc.assert(
      fc.property(dag(40), (graph) => {
        const { tasks, pairs } = orderOf(seriesParallel(graph).tree);
        expect(tasks.toSorted((a, b) => a - b)).toEqual(graph.map((_, task) => task));
        graph.forEach((before, task) => {
          for (const other of before) expect(pairs.has(`${other}<${task}`)).toBe(true);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("adds nothing to a graph that is series-parallel", () => {
    fc.assert(
      fc.property(nested, (shape) => {
        const graph = graphOf(shape);
        const { tree, barriers } = seriesParallel(graph);
        expect(orderOf(tree).pairs).toEqual(closureOf(graph));
        expect(barriers).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("reports every order that it adds: without its barriers nothing waits needlessly", () => {
    fc.assert(
      fc.property(dag(25), (graph) => {
        const { tree, barriers } = seriesParallel(graph);
        const withBarriers = graph.map((before, task) => [
          ...before,
          ...barriers.filter(({ tasks }) => tasks.includes(task)).flatMap(({ waitFor }) => waitFor),
        ]);
        expect(reachable(withBarriers)).toEqual(orderOf(tree).pairs);
        for (const { tasks, waitFor } of barriers) {
          expect(tasks.length).toBeGreaterThan(0);
          expect(waitFor.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("needs one barrier for the smallest graph that is not series-parallel", () => {
    expect(seriesParallel([[], [], [0], [0, 1]]).barriers).toHaveLength(1);
  });

  it("nests no series in a series and no parallel in a parallel", () => {
    const check = (tree: SeriesParallel): void => {
      if (tree.kind === "task") return;
      const parts = tree.kind === "series" ? tree.steps : tree.branches;
      expect(parts.length).toBeGreaterThan(1);
      for (const part of parts) {
        expect(part.kind).not.toBe(tree.kind);
        check(part);
      }
    };
    fc.assert(fc.property(dag(30), (graph) => check(seriesParallel(graph).tree)));
  });

  it("gives the same answer each time, also for long chains", () => {
    fc.assert(
      fc.property(dag(30), (graph) => {
        expect(seriesParallel(graph)).toEqual(seriesParallel(graph));
      }),
    );
    const chain = Array.from({ length: 2000 }, (_, task) => (task === 0 ? [] : [task - 1]));
    expect(seriesParallel(chain).tree).toMatchObject({ kind: "series", steps: { length: 2000 } });
  });
});

/** All pairs of a graph whose edges may point both ways by number. */
function reachable(graph: readonly (readonly number[])[]): Set<string> {
  const pairs = new Set<string>();
  graph.forEach((_, task) => {
    const seen = new Set<number>();
    const waiting = [task];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const other of graph[next] ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        waiting.push(other);
      }
    }
    for (const other of seen) pairs.add(`${other}<${task}`);
  });
  return pairs;
}
