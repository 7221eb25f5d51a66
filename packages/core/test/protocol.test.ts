import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createRegistry,
  Dataset,
  type Executor,
  GlacierError as Failure,
  type GlacierError,
  type Manifest,
  ndjson,
  Pipeline,
  type RunEvent,
  readJournal,
  task,
} from "../src/index.ts";
import { listRuns } from "../src/inspect/index.ts";
import { createWorld, type TestWorld } from "./memory.ts";

const source = new Dataset<{ n: number }, "rows">("source", { format: ndjson(), storage: { kind: "data" } });
const doubled = new Dataset<{ n: number }, "rows">("doubled", { format: ndjson() });
const sum = new Dataset<number>("sum");
const evens = new Dataset<number[]>("evens");
const odds = new Dataset<number[]>("odds");
const report = new Dataset<object>("report");

/** Fan-out, two outputs of one task, and a diamond. */
const pipeline = new Pipeline("p", [
  task("double", { inputs: { source }, output: doubled }, async function* ({ source }) {
    for await (const { n } of source) yield { n: n * 2 };
  }),
  task("total", { inputs: { doubled }, output: sum }, async ({ doubled }) =>
    (await doubled.toArray()).reduce((all, { n }) => all + n, 0),
  ),
  task("split", { inputs: { doubled }, output: { evens, odds } }, async ({ doubled }) => {
    const numbers = (await doubled.toArray()).map(({ n }) => n);
    return { evens: numbers.filter((n) => n % 4 === 0), odds: numbers.filter((n) => n % 4 !== 0) };
  }),
  task("report", { inputs: { sum, evens, odds }, output: report }, ({ sum, evens, odds }) => ({ sum, evens, odds })),
]);
const outputs = ["doubled.ndjson", "sum.json", "evens.json", "odds.json", "report.json"];

function freshWorld(): TestWorld {
  const world = createWorld();
  world.put("source.ndjson", '{"n":1}\n{"n":2}\n{"n":3}\n');
  return world;
}

async function undisturbed(): Promise<Record<string, string>> {
  const world = freshWorld();
  await pipeline.run({ executor: world.executor });
  return Object.fromEntries(outputs.map((key) => [key, world.text(key)]));
}

/** Whatever happened: a manifest that claims to be current names the data that is there. */
function expectNoMix(world: TestWorld, committed: (manifest: Manifest) => boolean = () => true): void {
  for (const key of outputs) {
    const name = key.split(".")[0];
    const stored = world.objects.get(`state/manifests/p/${name}.json`);
    if (stored === undefined) continue;
    const manifest: Manifest = JSON.parse(new TextDecoder().decode(stored.bytes));
    if (committed(manifest)) expect(manifest.etag, `the manifest of ${name}`).toBe(world.objects.get(key)?.etag);
  }
}

describe("a storage call that fails", () => {
  const kinds: [string, () => Error][] = [
    ["for good", () => new Failure("PERMISSION_DENIED", { message: "denied", hint: "ask" })],
    ["with an error of no kind", () => new Error("ECONNRESET")],
  ];

  it.each(kinds)(
    "%s, wherever it is: nothing is mixed, and a resume ends with an undisturbed run's bytes",
    async (_, failure) => {
      const expected = await undisturbed();
      for (let failing = 0; ; failing++) {
        const world = freshWorld();
        let calls = 0;
        world.fault = () => {
          if (calls++ === failing) throw failure();
        };
        const error = await pipeline.run({ executor: world.executor, runId: "r" }).then(
          () => undefined,
          (thrown: GlacierError) => thrown,
        );
        world.fault = undefined;
        const touched = calls > failing;
        if (!touched) {
          expect(error).toBeUndefined();
          break;
        }
        expectNoMix(world);
        const started = [...world.objects.keys()].some((key) => key.startsWith("state/runs/"));
        if (error !== undefined)
          await pipeline.run({ executor: world.executor, ...(started ? { resume: "r" } : { runId: "r" }) });
        expectNoMix(world);
        for (const key of outputs) expect(world.text(key), `${key} after failing call ${failing}`).toBe(expected[key]);
      }
    },
  );

  it("for a moment, is tried again without anybody noticing", async () => {
    const world = freshWorld();
    const failed = new Set<string>();
    world.fault = ({ op, key }) => {
      if (op === "write" && !key.includes("manifests") && !key.includes("runs")) return; // a body can't be written twice
      if (failed.has(`${op} ${key}`)) return;
      failed.add(`${op} ${key}`);
      throw new Failure("UNAVAILABLE", { message: "one moment", hint: "wait" });
    };
    await pipeline.run({ executor: world.executor });
    expect(failed.size).toBeGreaterThan(10);
  });
});

describe("a dataset that is replaced under a running pipeline", () => {
  it.each(["doubled.ndjson", "evens.json", "source.ndjson"])(
    "%s: a clear error, and a resume mends it",
    async (key) => {
      const expected = await undisturbed();
      const world = freshWorld();
      const original = world.text(key);
      const run = pipeline.run({
        executor: world.executor,
        runId: "r",
        concurrency: 1,
        onEvent: (event) => {
          const moment =
            key === "source.ndjson"
              ? event.type === "run.started"
              : event.type === "dataset.written" && key.startsWith(event.dataset);
          if (moment) world.put(key, key.endsWith("ndjson") ? '{"n":100}\n' : "[100]");
        },
      });
      const error: GlacierError = await run.then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error).toMatchObject({
        code: "RUN_FAILED",
        issues: [{ code: "DATASET_CHANGED", hint: expect.stringContaining("tenant") }],
      });
      if (key === "source.ndjson") world.put(key, original);
      await pipeline.run({ executor: world.executor, resume: "r" });
      for (const output of outputs) expect(world.text(output)).toBe(expected[output]);
    },
  );

  it("a partial run doesn't take what was changed since it was committed", async () => {
    const world = freshWorld();
    await pipeline.run({ executor: world.executor });
    await pipeline.run({ executor: world.executor, only: ["report"] });
    world.put("sum.json", "0");
    await expect(pipeline.run({ executor: world.executor, only: ["report"] })).rejects.toMatchObject({
      code: "DATASET_CHANGED",
    });
  });
});

describe("two runs at once", () => {
  it("never mix: whoever loses hears of it, and every manifest matches its data", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = freshWorld();
        const slow = (executor: Executor): Executor => ({
          ...executor,
          providers: executor.providers?.map((provider) => ({
            ...provider,
            storage: Object.fromEntries(
              Object.entries(provider.storage ?? {}).map(([kind, factory]) => [
                kind,
                (resource: never) => {
                  const adapter = factory(resource);
                  const stepped =
                    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
                    async (...args: A): Promise<R> => {
                      await scheduler.schedule(Promise.resolve());
                      return call(...args);
                    };
                  return {
                    ...adapter,
                    read: stepped(adapter.read),
                    write: stepped(adapter.write),
                    stat: stepped(adapter.stat),
                  };
                },
              ]),
            ),
          })) as never,
        });
        const runs = ["a", "b"].map((runId) =>
          pipeline.run({ executor: slow(world.executor), runId }).then(
            () => undefined,
            (thrown: GlacierError) => thrown,
          ),
        );
        const settled = Promise.all(runs);
        await scheduler.waitFor(settled);
        const errors = await settled;
        for (const error of errors) {
          if (error !== undefined) for (const issue of error.issues) expect(issue.code).toBe("DATASET_CHANGED");
        }
        expectNoMix(world);
      }),
      { numRuns: 60 },
    );
  });
});

describe("resume", () => {
  it("does nothing again that is committed and still matches", async () => {
    const world = freshWorld();
    const { runId } = await pipeline.run({ executor: world.executor });
    const again = await pipeline.run({ executor: world.executor, resume: runId });
    expect(Object.values(again.tasks).map(({ status }) => status)).toEqual([
      "committed",
      "committed",
      "committed",
      "committed",
    ]);
    const { tasks } = await pipeline.preview({ executor: world.executor, resume: runId });
    expect(tasks.map(({ action }) => action)).toEqual(["skip", "skip", "skip", "skip"]);
  });

  it.each<[string, (world: TestWorld) => void, string[]]>([
    ["a changed source", (world) => world.put("source.ndjson", '{"n":5}\n'), ["double", "split", "total", "report"]],
    ["a deleted output", (world) => void world.objects.delete("sum.json"), ["total", "report"]],
    ["a deleted manifest", (world) => void world.objects.delete("state/manifests/p/evens.json"), ["split", "report"]],
    [
      "an output of another run",
      (world) => {
        const key = "state/manifests/p/odds.json";
        world.put(key, JSON.stringify({ ...(world.json(key) as Manifest), runId: "other" }));
      },
      ["split", "report"],
    ],
  ])("does again what depends on %s", async (_, change, expected) => {
    const world = freshWorld();
    const { runId } = await pipeline.run({ executor: world.executor });
    change(world);
    const { tasks } = await pipeline.preview({ executor: world.executor, resume: runId });
    const planned = tasks.filter(({ action }) => action === "run").map(({ task }) => task);
    const again = await pipeline.run({ executor: world.executor, resume: runId });
    const ran = Object.entries(again.tasks)
      .filter(([, { status }]) => status === "succeeded")
      .map(([name]) => name);
    expect(ran.sort()).toEqual([...expected].sort());
    expect(planned.sort()).toEqual([...expected].sort());
  });

  it.each([{ n: 1n }, { d: new Date() }, { deep: { m: new Map() } }, { f: () => 1 }, { n: Number.NaN }, Symbol("s")])(
    "refuses params that JSON can't hold, before it writes anything: %o",
    async (params) => {
      const world = freshWorld();
      const before = world.objects.size;
      const refused = pipeline.run({ executor: world.executor, params: params as never });
      await expect(refused).rejects.toMatchObject({
        code: "PARAMS_INVALID",
        hint: expect.stringContaining("as texts"),
      });
      expect(world.objects.size).toBe(before);
    },
  );

  it("takes params with optional fields that are left open", async () => {
    const world = freshWorld();
    const params = { filter: { from: "a", to: undefined }, all: undefined } as never;
    const { runId } = await pipeline.run({ executor: world.executor, params });
    await pipeline.run({ executor: world.executor, resume: runId, params: { filter: { from: "a" } } });
    await expect(
      pipeline.run({ executor: world.executor, resume: runId, params: { n: 1n } as never }),
    ).rejects.toMatchObject({ code: "PARAMS_INVALID", message: expect.stringContaining('in "n"') });
  });

  it("refuses other params, unknown runs, and the id of a run that is there, before it writes anything", async () => {
    const world = freshWorld();
    const { runId } = await pipeline.run({ executor: world.executor, params: { b: { d: 1, c: [2] }, a: 2 } });
    await pipeline.run({ executor: world.executor, resume: runId, params: { a: 2, b: { c: [2], d: 1 } } });
    const before = world.objects.size;
    await expect(pipeline.run({ executor: world.executor, resume: runId, params: { a: 3 } })).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
    await expect(pipeline.run({ executor: world.executor, runId })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining("is there already"),
      hint: expect.stringContaining("resume"),
    });
    await expect(pipeline.run({ executor: world.executor, resume: "nobody" })).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
    });
    await expect(pipeline.run({ executor: world.executor, resume: "../../x" })).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
    });
    expect(world.objects.size).toBe(before);
  });
});

describe("the journal", () => {
  it("holds every event but progress, in order, over a resume too", async () => {
    const world = freshWorld();
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent) => void events.push(event);
    const { runId } = await pipeline.run({ executor: world.executor, onEvent });
    await pipeline.run({ executor: world.executor, resume: runId, onEvent });
    const registry = createRegistry(world.executor.providers ?? []);
    const journal: RunEvent[] = [];
    for await (const event of readJournal(pipeline.plan({ for: world.executor }), runId, registry)) journal.push(event);
    expect(journal).toEqual(events.filter(({ type }) => type !== "task.progress"));
  });

  it("tells how runs ended, newest first", async () => {
    const world = freshWorld();
    const { executor } = world;
    await pipeline.run({ executor, runId: "a1" });
    world.fault = ({ key }) => {
      if (key.startsWith("sum")) throw new Failure("PERMISSION_DENIED", { message: "denied", hint: "ask" });
    };
    await pipeline.run({ executor, runId: "a2" }).catch(() => {});
    world.fault = undefined;
    await pipeline.run({ executor, runId: "a3", signal: AbortSignal.abort() }).catch(() => {});
    for (const key of [...world.objects.keys()].filter((key) => key.includes("runs/p/a1/"))) {
      const cut = world
        .text(key)
        .split("\n")
        .filter((line) => !line.includes("run.finished"))
        .join("\n");
      world.put(key.replace("a1", "a4"), cut.replaceAll('"a1"', '"a4"'));
    }
    const state = pipeline.plan({ for: executor });
    const list = async (now: number) => {
      const found: [string, string][] = [];
      for await (const { runId, status } of listRuns(state, createRegistry(executor.providers ?? []), now))
        found.push([runId, status]);
      return found;
    };
    const old = Date.now() + 3_600_000;
    expect(await list(old)).toEqual([
      ["a4", "interrupted"],
      ["a3", "cancelled"],
      ["a2", "failed"],
      ["a1", "succeeded"],
    ]);
    expect((await list(Date.now()))[0]).toEqual(["a4", "running"]);
  });

  it("that can't be written fails the run, whose data is there", async () => {
    const world = freshWorld();
    world.fault = ({ op, key }) => {
      if (op === "write" && key.startsWith("runs/"))
        throw new Failure("STORAGE_FULL", { message: "full", hint: "make room" });
    };
    await expect(pipeline.run({ executor: world.executor })).rejects.toMatchObject({ code: "STORAGE_FULL" });
    expect(world.text("report.json")).not.toBe("");
  });
});

it("tenants see nothing of each other", async () => {
  const world = freshWorld();
  await pipeline.run({
    executor: world.executor,
    tenant: "acme",
    bindings: { source: { kind: "data", key: "source.ndjson" } as never },
  });
  const keys = [...world.objects.keys()].filter((key) => key !== "source.ndjson");
  expect(keys.every((key) => key.startsWith("acme/") || key.startsWith("state/acme/"))).toBe(true);
  await expect(pipeline.run({ executor: world.executor, only: ["report"], tenant: "other" })).rejects.toMatchObject({
    code: "DATASET_MISSING",
  });
});
