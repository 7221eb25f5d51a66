import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createWorld, type TestWorld } from "../../test/memory.ts";
import {
  type AnyTask,
  bytes,
  Dataset,
  file,
  type GlacierError,
  type InvalidRow,
  json,
  ndjson,
  Pipeline,
  type RunEvent,
  secret,
  task,
  text,
} from "../index.ts";

const Row = z.object({ n: z.number() });
type Row = z.infer<typeof Row>;
const at = { storage: { kind: "data" } };
const rowsIn = new Dataset("rows_in", { ...at, schema: Row, format: ndjson() });
const rowsOut = new Dataset("rows_out", { schema: Row, format: ndjson() });
const valueOut = new Dataset("value_out", { schema: z.object({ total: z.number() }) });
const quarantine = new Dataset("quarantine", { format: ndjson<InvalidRow>() });

let world: TestWorld;
let events: RunEvent[];
beforeEach(() => {
  world = createWorld();
  events = [];
});

const run = (tasks: readonly AnyTask[], options: object = {}) =>
  new Pipeline("p", tasks).run({
    executor: world.executor,
    onEvent: (event: RunEvent) => events.push(event),
    ...options,
  } as never);

async function failure(promise: Promise<unknown>): Promise<GlacierError> {
  const error = await promise.then(
    () => undefined,
    (thrown: GlacierError) => thrown,
  );
  expect(error, "it should fail").toBeDefined();
  return (error?.issues[0] ?? error) as GlacierError;
}

/** Data objects that are there besides the inputs. */
const written = () =>
  [...world.objects.keys()].filter((key) => !key.startsWith("state/runs") && !key.includes("_in")).sort();

const rows = (count: number, bad: (n: number) => boolean = () => false) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ n: bad(n) ? `bad ${n}` : n })}\n`).join("");

describe("shapes", () => {
  it("hands over and takes back values, rows, bytes and files", async () => {
    const bytesIn = new Dataset("bytes_in", { ...at, format: bytes() });
    const fileIn = new Dataset("file_in", { ...at, format: file() });
    const textIn = new Dataset("text_in", { ...at, format: text() });
    world.put("rows_in.ndjson", rows(5));
    world.put("bytes_in.bin", "0123456789".repeat(500));
    world.put("file_in.bin", "content");
    world.put("text_in.txt", "words");
    let path = "";
    await run([
      task(
        "all",
        {
          inputs: { rowsIn, bytesIn, fileIn, textIn },
          output: {
            value: valueOut,
            rows: rowsOut,
            bytes: new Dataset("bytes_out", { format: bytes() }),
            file: new Dataset("file_out", { format: file() }),
          },
        },
        async ({ rowsIn, bytesIn, fileIn, textIn }) => {
          let size = 0;
          for await (const chunk of bytesIn) size += chunk.length;
          path = fileIn;
          writeFileSync(join(fileIn, "..", "made"), `${readFileSync(fileIn, "utf8")} ${textIn}`);
          return {
            value: { total: size },
            rows: (async function* () {
              for await (const row of rowsIn) yield { n: row.n * 2 };
            })(),
            bytes: new Blob(["blob"]).stream(),
            file: join(fileIn, "..", "made"),
          };
        },
      ),
    ]);
    expect(world.json("value_out.json")).toEqual({ total: 5000 });
    expect(world.text("rows_out.ndjson")).toBe('{"n":0}\n{"n":2}\n{"n":4}\n{"n":6}\n{"n":8}\n');
    expect(world.text("bytes_out.bin")).toBe("blob");
    expect(world.text("file_out.bin")).toBe("content words");
    expect(existsSync(path), "scratch files are gone").toBe(false);
    expect(world.json("state/manifests/p/rows_out.json")).toMatchObject({
      rows: 5,
      bytes: 40,
      task: "all",
      format: "ndjson",
      attempt: 1,
    });
  });

  it.each<[string, unknown]>([
    ["an array", [{ n: 1 }, { n: 2 }]],
    ["a set", new Set([{ n: 1 }, { n: 2 }])],
    [
      "a generator",
      (function* () {
        yield { n: 1 };
        yield { n: 2 };
      })(),
    ],
    [
      "an async generator",
      (async function* () {
        yield { n: 1 };
        yield { n: 2 };
      })(),
    ],
    [
      "a readable stream",
      new ReadableStream({
        start(c) {
          c.enqueue({ n: 1 });
          c.enqueue({ n: 2 });
          c.close();
        },
      }),
    ],
  ])("takes rows as %s", async (_, content) => {
    await run([task("t", { output: rowsOut }, () => content as Row[])]);
    expect(world.text("rows_out.ndjson")).toBe('{"n":1}\n{"n":2}\n');
  });

  it("passes rows through untouched by memory: many, one batch at a time", async () => {
    world.put("rows_in.ndjson", rows(50_000));
    await run([task("t", { inputs: { rowsIn }, output: rowsOut }, ({ rowsIn }) => rowsIn)]);
    expect(world.text("rows_out.ndjson")).toBe(rows(50_000));
  });

  it.each<[string, Dataset<never, never>, unknown]>([
    ["rows", rowsOut as never, 7],
    ["rows", rowsOut as never, null],
    ["bytes", new Dataset("b", { format: bytes() }) as never, "text"],
    [
      "bytes",
      new Dataset("b", { format: bytes() }) as never,
      (async function* () {
        yield "text";
      })(),
    ],
    ["a file", new Dataset("f", { format: file() }) as never, 7],
    ["a file", new Dataset("f", { format: file() }) as never, "/nowhere/at/all"],
  ])("refuses what is no %s", async (_, output, content) => {
    const error = await failure(run([task("t", { output }, () => content as never)]));
    expect(["DATA_INVALID", "TASK_FAILED"]).toContain(error.code);
    expect(error.context.task).toBe("t");
    expect(written()).toEqual([]);
  });

  it("refuses to read rows twice", async () => {
    world.put("rows_in.ndjson", rows(5));
    const twice = task("t", { inputs: { rowsIn }, output: valueOut }, async ({ rowsIn }) => {
      await rowsIn.toArray();
      return { total: (await rowsIn.toArray()).length };
    });
    expect(await failure(run([twice]))).toMatchObject({
      code: "TASK_FAILED",
      message: expect.stringContaining("second time"),
    });
  });
});

describe("validation", () => {
  const copy = (options: object = {}) =>
    task("copy", { inputs: { rowsIn }, output: rowsOut, ...options }, ({ rowsIn }) => rowsIn);

  it("names task, dataset, row, path and type, and nothing of the row", async () => {
    world.put(
      "rows_in.ndjson",
      rows(5000, (n) => n === 4321),
    );
    const error = await failure(run([copy()]));
    expect(error).toMatchObject({
      code: "DATA_INVALID",
      context: { task: "copy", dataset: "rows_in", row: 4322, path: "n" },
    });
    expect(error.message).toContain("found string");
    expect(JSON.stringify(error)).not.toContain("bad 4321");
    expect(written()).toEqual([]);
  });

  it("checks what a task returns, too", async () => {
    const error = await failure(run([task("t", { output: rowsOut }, () => [{ n: 1 }, { n: "2" } as never])]));
    expect(error).toMatchObject({ code: "DATA_INVALID", context: { dataset: "rows_out", row: 2 } });
    expect(await failure(run([task("t", { output: valueOut }, () => ({}) as never)]))).toMatchObject({
      code: "DATA_INVALID",
    });
    expect(written()).toEqual([]);
  });

  it("skips and counts", async () => {
    world.put(
      "rows_in.ndjson",
      rows(10, (n) => n % 3 === 0),
    );
    await run([copy({ onInvalid: "skip" })]);
    expect(world.text("rows_out.ndjson")).toBe('{"n":1}\n{"n":2}\n{"n":4}\n{"n":5}\n{"n":7}\n{"n":8}\n');
    expect(events).toContainEqual(
      expect.objectContaining({ type: "dataset.read", dataset: "rows_in", rows: 6, invalid: 4 }),
    );
  });

  it("puts aside what was read and what was returned, however much", async () => {
    world.put(
      "rows_in.ndjson",
      rows(30_000, (n) => n % 2 === 0),
    );
    const strange = task("t", { inputs: { rowsIn }, output: rowsOut, onInvalid: quarantine }, async ({ rowsIn }) => {
      const all = await rowsIn.toArray();
      return all.map(({ n }) => ({ n: n === 1 ? ("one" as never) : n }));
    });
    await run([strange]);
    const put = world
      .text("quarantine.ndjson")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(put).toHaveLength(15_001);
    expect(put[0]).toEqual({
      dataset: "rows_in",
      row: 1,
      issues: [{ path: "n", message: expect.stringContaining("found string") }],
      value: { n: "bad 0" },
    });
    expect(put.at(-1)).toMatchObject({ dataset: "rows_out", row: 1 });
    expect(world.json("state/manifests/p/rows_out.json")).toMatchObject({ rows: 14_999, invalid: 1 });
  });

  it("publishes no quarantine of a failed attempt", async () => {
    world.put(
      "rows_in.ndjson",
      rows(5000, () => true),
    );
    const failing = task("t", { inputs: { rowsIn }, output: rowsOut, onInvalid: quarantine }, async ({ rowsIn }) => {
      await rowsIn.toArray();
      throw new Error("after reading");
    });
    expect(await failure(run([failing]))).toMatchObject({ code: "TASK_FAILED" });
    expect(written()).toEqual([]);
  });

  it("lets the reader have the schema's transformations, and the storage what was returned", async () => {
    const days = new Dataset("days", {
      schema: z.object({ day: z.coerce.date(), n: z.number().default(7) }),
      format: ndjson(),
    });
    let seen: unknown;
    await run([
      task("write", { output: days }, () => [{ day: "2024-01-02T00:00:00Z" }]),
      task("read", { inputs: { days }, output: valueOut }, async ({ days }) => {
        [seen] = await days.toArray();
        return { total: 1 };
      }),
    ]);
    expect(world.text("days.ndjson")).toBe('{"day":"2024-01-02T00:00:00Z"}\n');
    expect(seen).toEqual({ day: new Date("2024-01-02"), n: 7 });
  });

  it("checks params before anything runs", async () => {
    const needs = task("t", { output: valueOut, params: z.object({ day: z.string() }) }, () => ({ total: 1 }));
    expect(await failure(run([needs]))).toMatchObject({ code: "PARAMS_INVALID", context: { task: "t" } });
    expect(events).toEqual([]);
    await run([needs], { params: { day: "x" } });
  });
});

describe("several outputs", () => {
  const other = new Dataset("other", { format: ndjson<Row>() });

  it("are published all or none", async () => {
    const half = task("t", { output: { rowsOut, other } }, () => ({
      rowsOut: [{ n: 1 }],
      other: (async function* () {
        yield { n: 1 };
        throw new Error("in the middle");
      })(),
    }));
    expect(await failure(run([half]))).toMatchObject({
      code: "TASK_FAILED",
      message: expect.stringContaining("in the middle"),
    });
    expect(written()).toEqual([]);
  });

  it("an endless one is stopped when another fails", async () => {
    let ended = false;
    const endless = task("t", { output: { rowsOut, other } }, () => ({
      rowsOut: [{ n: "wrong" as never }],
      other: (async function* () {
        try {
          for (;;) {
            yield { n: 1 };
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          ended = true;
        }
      })(),
    }));
    expect(await failure(run([endless]))).toMatchObject({ code: "DATA_INVALID" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(true);
    expect(written()).toEqual([]);
  });

  it("must all be there", async () => {
    const forgets = task("t", { output: { rowsOut, other } }, () => ({ rowsOut: [] }) as never);
    expect(await failure(run([forgets]))).toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining('"other"'),
    });
  });
});

describe("handlers that go wrong", () => {
  it.each<[string, () => never | Promise<never>, RegExp]>([
    [
      "an Error",
      () => {
        throw new TypeError("no field");
      },
      /no field/,
    ],
    [
      "a string",
      () => {
        throw "words";
      },
      /words/,
    ],
    [
      "null",
      () => {
        throw null;
      },
      /null/,
    ],
    [
      "an object",
      () => {
        throw { password: "sesame" };
      },
      /a thrown Object/,
    ],
    ["a rejection", () => Promise.reject(new Error("later")), /later/],
  ])("throw %s", async (_, handler, message) => {
    const error = await failure(run([task("t", { output: valueOut }, handler)]));
    expect(error).toMatchObject({
      code: "TASK_FAILED",
      message: expect.stringMatching(message),
      context: { task: "t" },
    });
    expect(JSON.stringify(error)).not.toContain("sesame");
    expect(written()).toEqual([]);
  });

  it("swallow an input's error: they have not seen it all", async () => {
    world.put("rows_in.ndjson", `${rows(3)}{"n":`);
    const careless = task("t", { inputs: { rowsIn }, output: valueOut }, async ({ rowsIn }) => {
      const seen = await rowsIn.toArray().catch(() => []);
      return { total: seen.length };
    });
    expect(await failure(run([careless]))).toMatchObject({ code: "DECODE_FAILED", context: { line: 4 } });
    expect(written()).toEqual([]);
  });

  it.each<[string, AnyTask]>([
    ["never settle", task("t", { output: valueOut, timeout: 0.05 }, () => new Promise<never>(() => {}))],
    [
      "yield and then hang",
      task("t", { output: rowsOut, timeout: 0.05 }, async function* () {
        yield { n: 1 };
        await new Promise(() => {});
      }),
    ],
  ])("%s", async (_, hanging) => {
    expect(await failure(run([hanging]))).toMatchObject({ code: "TASK_TIMEOUT" });
    expect(written()).toEqual([]);
  });

  it("are cancelled with the run, and told so", async () => {
    const controller = new AbortController();
    let told = false;
    const waits = task("t", { output: valueOut }, (_, { signal }) => {
      signal.addEventListener("abort", () => {
        told = true;
      });
      controller.abort();
      return new Promise<never>(() => {});
    });
    expect(await failure(run([waits], { signal: controller.signal }))).toMatchObject({ code: "CANCELLED" });
    expect(told).toBe(true);
    expect(written()).toEqual([]);
  });

  it("get another attempt, and know which it is", async () => {
    const attempts: number[] = [];
    await run([
      task("t", { output: valueOut, retries: { max: 3, delay: 0 } }, (_, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
        return { total: attempt };
      }),
    ]);
    expect(attempts).toEqual([1, 2, 3]);
    expect(world.json("state/manifests/p/value_out.json")).toMatchObject({ attempt: 3 });
  });

  it("get no other attempt at data that stays wrong", async () => {
    world.put(
      "rows_in.ndjson",
      rows(3, () => true),
    );
    await failure(run([task("t", { inputs: { rowsIn }, output: rowsOut, retries: 5 }, ({ rowsIn }) => rowsIn)]));
    expect(events.filter(({ type }) => type === "attempt.started")).toHaveLength(1);
  });
});

describe("secrets", () => {
  const value = 'se"same\n42';
  const leaky = (
    handler: (
      key: string,
      log: (message: string, fields?: object) => void,
    ) => Promise<{ total: number }> | { total: number },
  ) =>
    task("t", { output: valueOut, secrets: { key: secret("core-test-key") } }, (_, ctx) =>
      handler(ctx.secrets.key, ctx.log.info as never),
    );
  beforeEach(() => {
    process.env["CORE_TEST_KEY"] = value;
  });

  it("are masked in logs, their fields, messages, causes and stacks", async () => {
    const error = await failure(
      run([
        leaky((key, log) => {
          log(`the key is ${key}`, { key, nested: [{ key: `<${key}>` }] });
          throw new Error(`refused: ${key}`, { cause: { key } });
        }),
      ]),
    );
    const everything = `${error.message} ${error.hint} ${(error.cause as Error).stack} ${JSON.stringify(error)} ${JSON.stringify(events)} ${[...world.objects.keys()].map(world.text).join()}`;
    for (const form of [value, JSON.stringify(value).slice(1, -1)]) expect(everything).not.toContain(form);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "log",
        message: "the key is ***",
        fields: { key: "***", nested: [{ key: "<***>" }] },
      }),
    );
  });

  it("that are missing are named, with where to put them", async () => {
    delete process.env["CORE_TEST_KEY"];
    const error = await failure(run([leaky(() => ({ total: 1 }))]));
    expect(error).toMatchObject({ code: "SECRET_MISSING", hint: expect.stringContaining("CORE_TEST_KEY") });
  });

  it("refuse a value for a name", () => {
    expect(() => secret("not a name!")).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
  });
});

it("logs anything, as plain JSON", async () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  await run([
    task("t", { output: valueOut }, (_, { log }) => {
      log.warn("odd", { big: 1n, call: () => 1, cycle, date: new Date(0), gone: undefined } as never);
      return { total: 1 };
    }),
  ]);
  const logged = events.find((event) => event.type === "log");
  expect(JSON.parse(JSON.stringify(logged))).toEqual(logged);
  expect(logged).toMatchObject({
    level: "warn",
    fields: { big: "1", cycle: { self: "[seen before]" }, date: "1970-01-01T00:00:00.000Z" },
  });
});

describe("commands", () => {
  const report = new Dataset("report", { format: text() });
  const sh = (script: string, options: object = {}) =>
    task.command("sh", { inputs: { rowsIn }, output: rowsOut, ...options, command: ["sh", "-c", script] } as never);
  beforeEach(() => world.put("rows_in.ndjson", rows(3)));

  it("read and write files, whose content is checked like any", async () => {
    await run([sh('echo "now"; echo "hm" >&2; cp "$GLACIER_INPUT_ROWSIN" "$GLACIER_OUTPUT_OUTPUT"')]);
    expect(world.text("rows_out.ndjson")).toBe(rows(3));
    expect(events).toContainEqual(expect.objectContaining({ type: "log", level: "info", message: "now" }));
    expect(events).toContainEqual(expect.objectContaining({ type: "log", level: "warn", message: "hm" }));
    expect(await failure(run([sh(`echo '{"n":"x"}' > "$GLACIER_OUTPUT_OUTPUT"`)]))).toMatchObject({
      code: "DATA_INVALID",
      context: { row: 1 },
    });
    expect(await failure(run([sh(`echo '{"n"' > "$GLACIER_OUTPUT_OUTPUT"`)]))).toMatchObject({
      code: "DECODE_FAILED",
      context: { line: 1 },
    });
  });

  it("know run, params and secrets, and have several outputs", async () => {
    process.env["CORE_TEST_KEY"] = "sesame";
    await run(
      [
        task.command("many", {
          output: { a: report, b: valueOut },
          params: z.object({ day: z.string() }),
          secrets: { key: secret("core-test-key") },
          command: [
            "sh",
            "-c",
            'printf "%s" "$GLACIER_PARAMS $CORE_TEST_KEY" > "$GLACIER_OUTPUT_A"; echo \'{"total":1}\' > "$GLACIER_OUTPUT_B"; echo "$CORE_TEST_KEY"',
          ],
        }),
      ],
      { params: { day: "x" } },
    );
    expect(world.text("report.txt")).toBe('{"day":"x"} sesame');
    expect(world.json("value_out.json")).toEqual({ total: 1 });
    expect(events).toContainEqual(expect.objectContaining({ type: "log", message: "***" }));
  });

  it.each<[string, string, object]>([
    [
      "an exit code",
      "echo why >&2; exit 3",
      { code: "COMMAND_FAILED", message: expect.stringMatching(/exit code 3:\nwhy/), context: { exitCode: 3 } },
    ],
    ["no file", "true", { code: "COMMAND_FAILED", message: expect.stringContaining('"rows_out"') }],
  ])("fail with %s", async (_, script, error) => {
    expect(await failure(run([sh(script)]))).toMatchObject(error);
    expect(written()).toEqual([]);
  });

  it("that aren't there say so", async () => {
    const absent = task.command("t", { output: report, command: ["no-such-program-at-all"] });
    expect(await failure(run([absent]))).toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("is not on this machine"),
    });
  });

  it("end when they end, whatever they leave in the background", async () => {
    await run([sh('sleep 1000 & cp "$GLACIER_INPUT_ROWSIN" "$GLACIER_OUTPUT_OUTPUT"', { timeout: 20 })]);
    expect(world.text("rows_out.ndjson")).toBe(rows(3));
  });

  it("are killed with all that they started", async () => {
    const mark = `glacier-${process.pid}-${Math.random()}`;
    const error = await failure(run([sh(`sleep 1000 & echo "${mark}" $!; sleep 1000`, { timeout: 0.3 })]));
    expect(error.code).toBe("TASK_TIMEOUT");
    const line = events.find((event) => event.type === "log" && event.message.startsWith(mark)) as { message: string };
    const grandchild = Number(line.message.split(" ")[1]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const state = existsSync(`/proc/${grandchild}/stat`)
      ? readFileSync(`/proc/${grandchild}/stat`, "utf8").split(" ")[2]
      : "gone";
    expect(["gone", "Z", "X"], "the grandchild still runs").toContain(state);
  });
});

it("a handler can be called in a unit test", async () => {
  const double = task(
    "double",
    { inputs: { valueOut }, output: new Dataset<number>("doubled", { format: json() }) },
    ({ valueOut }) => valueOut.total * 2,
  );
  expect(await double.handler({ valueOut: { total: 21 } }, {} as never)).toBe(42);
});
