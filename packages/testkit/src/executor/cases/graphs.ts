import type { AnyPipeline } from "@glacier/core";
import { expect } from "vitest";
import { expectOrder, of } from "../events.ts";
import { exhausting, failing, retrying } from "../pipelines/attempts.ts";
import { combine, deep, deepLinks, type Links, wide, wideLinks } from "../pipelines/graphs.ts";
import { gate, stopping } from "../pipelines/stops.ts";
import { expectSuccess, type World, type WorldCases } from "../world.ts";
import { cancelledOnceUnderWay } from "./stops.ts";

export type GraphCase =
  | "a wide graph: each task runs once, after those that it takes from"
  | "a deep graph: each task runs once, after those that it takes from"
  | "events come in order, however a run ends";

/** Whole runs. */
export const graphs: WorldCases<GraphCase> = {
  "a wide graph: each task runs once, after those that it takes from": (world) => runsAll(world, wide, wideLinks),
  "a deep graph: each task runs once, after those that it takes from": (world) => runsAll(world, deep, deepLinks),

  async "events come in order, however a run ends"(world) {
    for (const pipeline of [retrying, exhausting, failing]) {
      expectOrder(await world.run(pipeline, { keepGoing: true }), await world.plan(pipeline));
    }
    await world.put(stopping, gate.name, "true");
    expectOrder(await cancelledOnceUnderWay(world, stopping, ["wait"]), await world.plan(stopping));
  },
};

async function runsAll(world: World, pipeline: AnyPipeline, links: Links): Promise<void> {
  const run = await world.run(pipeline);
  expectSuccess(run);
  expectOrder(run, await world.plan(pipeline));
  const expected: number[] = [];
  links.forEach((before, index) => {
    expected.push(
      combine(
        index,
        before.map((other) => expected[other] as number),
      ),
    );
  });
  for (const [index, value] of expected.entries()) {
    const logs = of(run.events, `t${index}`).filter(({ type }) => type === "log");
    expect(logs, `how often task t${index} ran`).toHaveLength(1);
    expect(await world.json(pipeline, `d${index}`), `dataset d${index}`).toBe(value);
  }
}
