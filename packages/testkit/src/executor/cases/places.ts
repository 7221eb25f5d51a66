import type { AnyPipeline, Plan } from "@glacier/core";
import { expect } from "vitest";
import { of } from "../events.ts";
import { failing, succeeding } from "../pipelines/attempts.ts";
import { choosy, refusal } from "../pipelines/choosy.ts";
import { commandFailing, commanding, homeless, messy, unexported } from "../pipelines/places.ts";
import { secretCore } from "../pipelines/secrets.ts";
import { gate, stopping } from "../pipelines/stops.ts";
import { expectSuccess, type World, type WorldCases } from "../world.ts";
import { cancelledOnceUnderWay } from "./stops.ts";

export type PlaceCase =
  | "a plan that is bound differs in its storage only, where there is a bind"
  | "a task sees nothing that another left in its process"
  | "a command reads files and writes files"
  | "a command that fails: COMMAND_FAILED, with exit code and last words"
  | "a pipeline that doesn't say where its code is: MODULE_INVALID"
  | "a module that doesn't load: MODULE_INVALID says why"
  | "a module that doesn't export the pipeline: MODULE_INVALID"
  | "nothing is left running after a run";

/** Where tasks run: how their code gets there, and what stays behind. */
export const places: WorldCases<PlaceCase> = {
  async "a plan that is bound differs in its storage only, where there is a bind"(world) {
    expectSuccess(await world.run(succeeding));
    expect(withoutStorage(await world.plan(succeeding))).toEqual(withoutStorage(world.unbound(succeeding)));
  },

  async "a task sees nothing that another left in its process"(world) {
    expectSuccess(await world.run(messy));
    expect(await world.json(messy, "found")).toEqual({ global: false, env: null, sameFolder: true });
  },

  async "a command reads files and writes files"(world) {
    const params = { day: 'a "quoted" day' };
    const run = await world.run(commanding, { params });
    expectSuccess(run);
    expect(new TextDecoder().decode(await world.bytes(commanding, "scaled"))).toBe('{"n":10}\n{"n":20}\n{"n":30}\n');
    expect(await world.manifest(commanding, "scaled")).toMatchObject({ rows: 3 });
    expect(await world.json(commanding, "seen")).toEqual({ runId: run.runId, task: "scale", attempt: "1", params });
    const logs = of(run.events, "scale").flatMap((event) =>
      event.type === "log" ? [[event.level, event.message]] : [],
    );
    expect(logs).toContainEqual(["info", "to stdout"]);
    expect(logs).toContainEqual(["warn", "to stderr"]);
    expect(logs).toContainEqual(["info", "the key is ***"]);
    expect(JSON.stringify(run.events)).not.toContain(secretCore);
  },

  async "a command that fails: COMMAND_FAILED, with exit code and last words"(world) {
    const { error } = await world.run(commandFailing);
    expect(error?.issues).toMatchObject([{ code: "COMMAND_FAILED", context: { task: "fails", exitCode: 3 } }]);
    expect(error?.message).toContain("the last words");
    expect(await world.bytes(commandFailing, "none")).toBeUndefined();
  },

  "a pipeline that doesn't say where its code is: MODULE_INVALID": (world) => failsToLoad(world, homeless, "one"),
  "a module that doesn't load: MODULE_INVALID says why": (world) => failsToLoad(world, choosy, refusal),
  "a module that doesn't export the pipeline: MODULE_INVALID": (world) =>
    failsToLoad(world, unexported(), "kit_unexported"),

  async "nothing is left running after a run"(world) {
    await world.put(stopping, gate.name, "true");
    const before = resources();
    expectSuccess(await world.run(succeeding));
    await world.run(failing);
    await cancelledOnceUnderWay(world, stopping, ["wait"]);
    expect(await leftOpen(before), "handles that a run left open").toEqual({});
  },
};

function withoutStorage({ state, datasets, ...rest }: Plan): object {
  return { ...rest, datasets: datasets.map(({ storage, ...dataset }) => dataset) };
}

async function failsToLoad(world: World, pipeline: AnyPipeline, says: string): Promise<void> {
  const { error } = await world.run(pipeline);
  const issue = error?.issues[0] ?? error;
  expect(issue).toMatchObject({ code: "MODULE_INVALID", context: { task: "one" } });
  expect(issue?.message).toContain(says);
  expect(await world.bytes(pipeline, "one")).toBeUndefined();
}

/** What was closed just now may need a turn or two. No timer of its own is pending while it looks. */
async function leftOpen(before: ReadonlyMap<string, number>): Promise<Record<string, number>> {
  for (let look = 1; ; look++) {
    const left = added(before, resources());
    if (look === 100 || Object.keys(left).length === 0) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many of each kind of handle keep this process alive. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function added(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...after].flatMap(([kind, count]) =>
      count > (before.get(kind) ?? 0) ? [[kind, count - (before.get(kind) ?? 0)]] : [],
    ),
  );
}
