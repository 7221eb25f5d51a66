import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GlacierError, Pipeline, RunEvent } from "@glacier/core";
import { LocalExecutor } from "@glacier/local";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type DockerService, dockerMissing, startDocker } from "../services/docker.ts";
import {
  type Habit,
  inContainer,
  inContainerBriefly,
  inFunction,
  inFunctionBriefly,
  inThread,
  inThreadBriefly,
} from "./habits.ts";

const missing = dockerMissing();

let folder: string;
let events: RunEvent[];
let service: DockerService | undefined;

beforeAll(async () => {
  process.env["CANARY"] = "tweet";
  process.env["HABIT_KEY"] = "sesame-91";
  if (missing === undefined) service = await startDocker();
}, 120_000);
afterAll(() => service?.stop(), 60_000);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glacier-habits-"));
  events = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (service !== undefined) expect(service.docker("ps", "-aq").trim(), "containers left behind").toBe("");
});

const places = { inFunction, inThread, inContainer };
const briefly = { inFunction: inFunctionBriefly, inThread: inThreadBriefly, inContainer: inContainerBriefly };
type Place = keyof typeof places;
type Runnable = Pipeline<"local" | "serverless" | "container", { habit: string }>;

async function run(place: Place, habit: Habit, pipelines: Record<Place, Runnable> = places): Promise<unknown> {
  const docker = service === undefined ? {} : { docker: { socketPath: service.socketPath } };
  const executor = new LocalExecutor({ storage: folder, ...docker });
  await pipelines[place].run({ executor, params: { habit }, onEvent: (event) => events.push(event) });
  return JSON.parse(readFileSync(join(folder, "out.json"), "utf8"));
}

async function failed(place: Place, habit: Habit, pipelines?: Record<Place, Runnable>): Promise<GlacierError> {
  const error = await run(place, habit, pipelines).then(
    () => undefined,
    (thrown: GlacierError) => thrown,
  );
  expect(error, "the run should fail").toMatchObject({ code: "RUN_FAILED" });
  expect(existsSync(join(folder, "out.json"))).toBe(false);
  return error?.issues[0] as GlacierError;
}

const logged = () => events.flatMap((event) => (event.type === "log" ? [event.message] : []));

describe.each<Place>(["inFunction", "inThread", "inContainer"])("a handler %s", (place) => {
  const needsDocker = place === "inContainer" && missing !== undefined;

  it
    .skipIf(needsDocker)
    .each<Habit>([
      "talksToParent",
      "leavesTimer",
      "setsExitCode",
      "replacesStdout",
      "logsLineSeparators",
      "printsWithoutLineEnd",
    ])("%s, and succeeds", async (habit) => {
    if (place === "inThread" && (habit === "replacesStdout" || habit === "printsWithoutLineEnd")) return; // not its own
    expect(await run(place, habit)).toBe(1);
    expect(events).toContainEqual(expect.objectContaining({ type: "dataset.written", dataset: "out", bytes: 2 }));
    if (habit === "logsLineSeparators") expect(logged()).toEqual(["one\u2028two\u2029three\nfour\rfive"]);
    if (habit === "printsWithoutLineEnd") expect(logged()).toContain("in between");
  });

  it.skipIf(needsDocker).each<[Habit, string]>([
    ["exitsWithZero", "TASK_CRASHED"],
    ["rejectsUnseen", "TASK_CRASHED"],
    ["throws", "TASK_FAILED"],
  ])("%s: %s", async (habit, code) => {
    expect(await failed(place, habit)).toMatchObject({ code, context: { task: "t" } });
  });

  it.skipIf(needsDocker)("never settles: its timeout ends it", async () => {
    expect(await failed(place, "neverSettles", briefly)).toMatchObject({ code: "TASK_TIMEOUT" });
  });
});

describe.each<Place>(["inFunction", "inContainer"])("a handler %s", (place) => {
  const needsDocker = place === "inContainer" && missing !== undefined;

  it.skipIf(needsDocker)("fills its heap: OUT_OF_MEMORY with the limit", async () => {
    expect(await failed(place, "fillsHeap")).toMatchObject({ code: "OUT_OF_MEMORY", context: { memory: 300 } });
  });

  it.skipIf(needsDocker)("sees its own environment, no secret in it, and is not the main module", async () => {
    const { env, main, key } = (await run(place, "looksAround")) as Record<string, object>;
    const given = place === "inContainer" ? { PATH: "/bin", HOME: "/tmp", HOSTNAME: expect.any(String) } : {};
    expect({ env, main, key }).toEqual({ env: { OWN: "yes", ...given }, main: false, key: "sesame-91".length });
  });

  it.skipIf(needsDocker)("has its own output in the log, before its end", async () => {
    await run(place, "printsWithoutLineEnd");
    const text = logged().join("");
    expect(text).toContain("before ");
    expect(text).toContain("after");
    expect(text).not.toContain("@glacier:");
  });
});

describe.skipIf(process.platform !== "linux")("a handler in a function (seen through /proc)", () => {
  it("takes the processes that it started along, and doesn't wait for those that left", async () => {
    const [inGroup, left] = (await run("inFunction", "leavesProcesses")) as [number, number];
    onTestFinished(() => void process.kill(left, "SIGKILL"));
    await expect.poll(() => isAlive(inGroup)).toBe(false);
    expect(isAlive(left)).toBe(true);
  });
});

describe("a handler in a container", () => {
  it.skipIf(missing !== undefined)(
    "never settles, without a timeout: it ends when nothing is left to wake it",
    async () => {
      const error = await failed("inContainer", "neverSettles");
      expect(error).toMatchObject({ code: "TASK_CRASHED" });
      expect(error.message).toContain("can't come any more");
    },
  );

  it.skipIf(missing !== undefined)("fails with a stack of the pipeline's own file", async () => {
    const { cause } = await failed("inContainer", "throws");
    expect((cause as Error).stack).toMatch(/local\/habits\.ts:\d+:\d+/);
  });
});

/** A process that was killed is a zombie (`Z`) until init gets round to it. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
