import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dag, pipelineOf, tasksOf } from "../../test/graphs.ts";
import { createWorld } from "../../test/memory.ts";
import { type AnyTask, compute, Dataset, json, Pipeline, storage, task } from "../index.ts";

const a = new Dataset<number>("a");
const b = new Dataset<number>("b");
const c = new Dataset<number>("c");
const one = () => 1;

describe("order", () => {
  it("puts every task after those it depends on", () => {
    fc.assert(
      fc.property(dag(), (graph) => {
        const order = pipelineOf(graph).executionOrder;
        expect([...order].sort()).toEqual(graph.map((_, index) => `t${index}`).sort());
        graph.forEach((inputs, index) => {
          for (const other of inputs) expect(order.indexOf(`t${other}`)).toBeLessThan(order.indexOf(`t${index}`));
        });
      }),
    );
  });

  it("is the same, and so is the plan, whatever order the tasks are given in", () => {
    fc.assert(
      fc.property(
        dag().chain((graph) =>
          fc.tuple(
            fc.constant(graph),
            fc.shuffledSubarray(
              graph.map((_, i) => i),
              { minLength: graph.length },
            ),
          ),
        ),
        ([graph, shuffle]) => {
          const { executor } = createWorld();
          const tasks = tasksOf(graph);
          const straight = new Pipeline("p", tasks);
          const shuffled = new Pipeline(
            "p",
            shuffle.map((index) => tasks[index] as AnyTask),
          );
          expect(shuffled.executionOrder).toEqual(straight.executionOrder);
          const plan = straight.plan({ for: executor });
          expect(JSON.stringify(shuffled.plan({ for: executor }))).toBe(JSON.stringify(plan));
          expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
          for (const format of ["text", "mermaid", "dot"] as const)
            expect(shuffled.visualize(format)).toBe(straight.visualize(format));
        },
      ),
    );
  });

  it("knows dependencies, consumers, sources and sinks", () => {
    fc.assert(
      fc.property(dag(), (graph) => {
        const pipeline = pipelineOf(graph);
        graph.forEach((inputs, index) => {
          expect(pipeline.dependencies(`t${index}`)).toEqual(inputs.map((other) => `t${other}`).sort());
          const consumers = graph.flatMap((taken, other) => (taken.includes(index) ? [`t${other}`] : [])).sort();
          expect(pipeline.consumers(`t${index}`)).toEqual(consumers);
        });
        expect(pipeline.sources).toEqual([]);
        const taken = new Set(graph.flat());
        expect(pipeline.sinks.map(({ name }) => name).sort()).toEqual(
          graph.flatMap((_, i) => (taken.has(i) ? [] : [`d${i}`])).sort(),
        );
      }),
    );
  });

  it("takes a chain of 100,000 tasks without recursion", () => {
    const chain = pipelineOf(Array.from({ length: 100_000 }, (_, index) => (index === 0 ? [] : [index - 1])));
    expect(chain.validate()).toEqual([]);
    expect(chain.executionOrder.at(-1)).toBe("t99999");
    expect(chain.plan({ for: createWorld().executor }).edges).toHaveLength(99_999);
  });
});

describe("mistakes", () => {
  const messages = (tasks: readonly AnyTask[]) => new Pipeline("p", tasks).validate().map(({ message }) => message);

  it.each<[string, readonly AnyTask[], RegExp]>([
    ["no task", [], /no tasks/],
    ["a name twice", [task("x", { output: a }, one), task("x", { output: b }, one)], /two tasks are named "x"/],
    [
      "two producers",
      [task("x", { output: a }, one), task("y", { output: a }, one)],
      /"a" has 2 producers: "x" and "y"/,
    ],
    [
      "one task that writes a dataset twice",
      [task("x", { output: { a, again: a } }, () => ({ a: 1, again: 1 }))],
      /"a" has 2 producers/,
    ],
    [
      "nobody produces it",
      [task("x", { inputs: { a }, output: b }, one)],
      /"a", which "x" takes, is produced by no task and has no storage/,
    ],
    [
      "two datasets of one name",
      [task("x", { output: a }, one), task("y", { inputs: { a: new Dataset<number>("a") }, output: b }, one)],
      /two different datasets are named "a"/,
    ],
    [
      "a cycle",
      [
        task("x", { inputs: { c }, output: a }, one),
        task("y", { inputs: { a }, output: b }, one),
        task("z", { inputs: { b }, output: c }, one),
      ],
      /cycle: x -\[a\]-> y -\[b\]-> z -\[c\]-> x/,
    ],
    ["a task that takes its own output", [task("x", { inputs: { a }, output: a }, one)], /cycle: x -\[a\]-> x/],
    [
      "memory out of reach",
      [
        task(
          "x",
          {
            output: new Dataset<number>("m", { storage: storage.memory() }),
            compute: compute.container({ image: "i" }),
          },
          one,
        ),
      ],
      /"x" runs as container, which can't reach dataset "m"/,
    ],
  ])("finds %s", (_, tasks, message) => {
    expect(messages(tasks)).toContainEqual(expect.stringMatching(message));
  });

  it("finds all of them at once, each with a hint, and stops plan and run", async () => {
    const pipeline = new Pipeline("p", [
      task("x", { inputs: { c }, output: a }, one),
      task("x", { inputs: { a }, output: b }, one),
      task("y", { output: b }, one),
    ]);
    const found = pipeline.validate();
    expect(found).toHaveLength(3);
    for (const { hint } of found) expect(hint).not.toBe("");
    const { executor } = createWorld();
    expect(() => pipeline.plan({ for: executor })).toThrow(
      expect.objectContaining({ code: "PIPELINE_INVALID", issues: found }),
    );
    await expect(pipeline.run({ executor })).rejects.toMatchObject({ code: "PIPELINE_INVALID" });
  });

  it("names the whole of any cycle, and nothing else is a cycle", () => {
    fc.assert(
      fc.property(dag(12), fc.nat(), fc.nat(), (graph, from, to) => {
        const early = from % graph.length;
        const late = early + (to % (graph.length - early));
        const closed = graph.map((inputs, index) => (index === early ? [...new Set([...inputs, late])] : inputs));
        const reaches = (start: number, goal: number): boolean =>
          start === goal || (graph[start] ?? []).some((next) => reaches(next, goal));
        const found = pipelineOf(closed).validate();
        if (!reaches(late, early)) {
          expect(found).toEqual([]);
          return;
        }
        expect(found).toHaveLength(1);
        const path = found[0]?.message.split("cycle: ")[1] ?? "";
        const names = path.split(/ -\[d\d+\]-> /);
        expect(names[0]).toBe(names.at(-1));
        for (let i = 0; i + 1 < names.length; i++) {
          const target = Number(names[i + 1]?.slice(1));
          expect(closed[target]).toContain(Number(names[i]?.slice(1)));
        }
      }),
    );
  });

  it("refuses two datasets in one object", () => {
    const at = (name: string) =>
      new Dataset<number>(name, { storage: storage.localFs({ basePath: "x", key: "same.json" }), format: json() });
    const pipeline = new Pipeline("p", [task("x", { output: at("p1") }, one), task("y", { output: at("p2") }, one)]);
    expect(() => pipeline.plan({ for: createWorld().executor })).toThrow(/"p1" and "p2" are bound to the same object/);
  });
});

describe("names", () => {
  it.each(["", "A", "1a", "a b", "ä", "a".repeat(64), "../x"])("refuses %j", (name) => {
    expect(() => new Dataset(name)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    expect(() => task(name, { output: a }, one)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    expect(() => new Pipeline(name, [])).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
  });

  it("suggests a legal one", () => {
    expect(() => new Dataset("rawOrders 2024")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('"raw_orders_2024"') }),
    );
  });

  it("keeps ids apart in drawings", () => {
    const pipeline = new Pipeline("p", [
      task("a-b", { output: new Dataset("x-y") }, one),
      task("a_b", { output: new Dataset("x_y") }, one),
      task("a_mb", { output: new Dataset("x_my") }, one),
    ]);
    const ids = [...pipeline.visualize("mermaid").matchAll(/^ {2}([dt]_\w+)[[(]/gm)].map(([, id]) => id);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(6);
  });
});
