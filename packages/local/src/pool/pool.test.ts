import { MessageChannel } from "node:worker_threads";
import { GlacierError } from "@glacier/core";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { finish, start } from "../testing/child.ts";
import { failure } from "../testing/storage.ts";
import type { Payload } from "./fixtures/tasks.ts";
import { createPool, type Pool, type PoolOptions } from "./pool.ts";

const module = new URL("./fixtures/tasks.ts", import.meta.url);

function make(options: Partial<PoolOptions> = {}): Pool<Payload, unknown, string> {
  const pool = createPool<Payload, unknown, string>({
    module,
    size: 1,
    execArgv: ["--conditions=@glacier/source"],
    ...options,
  });
  onTestFinished(() => pool.close());
  return pool;
}

test.each([1, 64])("answers each of 2,000 calls with its own result, %i per worker", async (concurrencyPerWorker) => {
  const pool = make({ size: 2, concurrencyPerWorker });
  const values = Array.from({ length: 2_000 }, (_, i) => i);
  expect(await Promise.all(values.map((value) => pool.run({ op: "echo", value })))).toEqual(values);
});

test("any plain data comes back as it went", async () => {
  const pool = make();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.anything({ withDate: true, withMap: true, withTypedArray: true, withBigInt: true }), {
        maxLength: 5,
      }),
      async (values) => {
        const clones = values.map((value) => structuredClone(value));
        expect(await Promise.all(values.map((value) => pool.run({ op: "echo", value })))).toEqual(clones);
      },
    ),
    { numRuns: 50 },
  );
});

test("spreads calls over the workers", async () => {
  const pool = make({ size: 3 });
  const threads = await Promise.all(Array.from({ length: 30 }, () => pool.run({ op: "thread" })));
  expect(new Set(threads).size).toBe(3);
});

test("buffers move there and back", async () => {
  const pool = make();
  const bytes = new Uint8Array(1_000_000).fill(7).buffer;
  const [back] = (await Promise.all([
    pool.run({ op: "buffer", bytes }, { transfer: [bytes] }),
    pool.run({ op: "echo", value: 1 }),
  ])) as [ArrayBuffer, number];
  expect(bytes.byteLength).toBe(0);
  expect(new Uint8Array(back).every((byte) => byte === 7)).toBe(true);
});

test("messages come in order and before the result", async () => {
  const said: string[] = [];
  const result = await make().run({ op: "talk", times: 1_000 }, { onMessage: (message) => said.push(message) });
  expect(result).toBe("said");
  expect(said).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
});

test("what a handler throws comes back as it is", async () => {
  const pool = make();
  await expect(pool.run({ op: "reject" })).rejects.toMatchObject({
    name: "RangeError",
    message: "mine",
    cause: "because",
  });
  await expect(pool.run({ op: "odd" })).rejects.toBe("a string");
  const error = await failure(pool.run({ op: "glacier" }), "DATA_INVALID");
  expect(error).toMatchObject({ message: "row 3", hint: "fix it", context: { row: 3 } });
});

test("what can't be cloned is refused, and nothing else in its batch", async () => {
  const pool = make({ concurrencyPerWorker: 8 });
  const good = pool.run({ op: "echo", value: 1 });
  const bad = failure(pool.run({ op: "echo", value: () => {} }), "INTERNAL");
  const result = failure(pool.run({ op: "uncloneable" }), "INTERNAL");
  const alsoGood = pool.run({ op: "echo", value: 2 });
  expect(await Promise.all([good, alsoGood])).toEqual([1, 2]);
  await Promise.all([bad, result]);
});

test("a worker that exits rejects its calls with TASK_CRASHED and is replaced", async () => {
  const pool = make();
  const error = await failure(pool.run({ op: "exit", code: 7 }), "TASK_CRASHED");
  expect(error.context.exitCode).toBe(7);
  expect(error.retryable).toBe(true);
  const queued = [pool.run({ op: "exit", code: 0 }).catch(() => "crashed"), pool.run({ op: "echo", value: "after" })];
  expect(await Promise.all(queued)).toEqual(["crashed", "after"]);
});

test("an error outside the handler's promise: TASK_CRASHED with the cause", async () => {
  const pool = make();
  const error = await failure(pool.run({ op: "later" }), "TASK_CRASHED");
  expect(error.message).toContain("in a timer");
  expect(await pool.run({ op: "echo", value: 1 })).toBe(1);
});

test("more memory than the limit: OUT_OF_MEMORY, and the pool goes on", async () => {
  const pool = make({ resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8 } });
  const error = await failure(pool.run({ op: "leak" }), "OUT_OF_MEMORY");
  expect(error.retryable).toBe(false);
  expect(await pool.run({ op: "echo", value: 1 })).toBe(1);
}, 60_000);

test("an abort reaches the handler with its reason; the call rejects with the caller's own", async () => {
  const pool = make();
  const controller = new AbortController();
  const reason = new GlacierError("TASK_TIMEOUT", { message: "too slow", hint: "wait" });
  const said: string[] = [];
  const call = pool.run({ op: "wait" }, { signal: controller.signal, onMessage: (message) => said.push(message) });
  await pool
    .run({ op: "echo", value: 1 }, { signal: AbortSignal.abort("before") })
    .catch((error) => expect(error).toBe("before"));
  setTimeout(() => controller.abort(reason), 50);
  await expect(call).rejects.toBe(reason);
  expect(said).toEqual(["saw TASK_TIMEOUT"]);
});

test.each(["hang", "spin"] as const)("a handler that ignores its abort (%s) is ended with its thread", async (op) => {
  const pool = make({ abortGraceMs: 20 });
  const before = await pool.run({ op: "thread" });
  const controller = new AbortController();
  const call = pool.run({ op }, { signal: controller.signal });
  setTimeout(() => controller.abort("enough"), 20);
  await expect(call).rejects.toBe("enough");
  expect(await pool.run({ op: "thread" })).not.toBe(before);
});

test("a call that waits for a worker leaves the queue at once when it is aborted", async () => {
  const pool = make();
  const blocking = new AbortController();
  const first = pool.run({ op: "wait" }, { signal: blocking.signal });
  await new Promise(setImmediate);
  const controller = new AbortController();
  const second = pool.run({ op: "echo", value: 2 }, { signal: controller.signal });
  controller.abort("not any more");
  await expect(second).rejects.toBe("not any more");
  blocking.abort("stop");
  await expect(first).rejects.toBe("stop");
  expect(await pool.run({ op: "echo", value: 3 })).toBe(3);
});

test("calls beside one that ignores its abort: TASK_CRASHED, so that they may be tried again", async () => {
  const pool = make({ concurrencyPerWorker: 2, abortGraceMs: 1 });
  const controller = new AbortController();
  const hanging = pool.run({ op: "hang" }, { signal: controller.signal });
  const beside = failure(pool.run({ op: "hang" }), "TASK_CRASHED");
  setTimeout(() => controller.abort("enough"), 50);
  await expect(hanging).rejects.toBe("enough");
  await beside;
});

test("a module that doesn't load, or isn't one of a pool: MODULE_INVALID", async () => {
  const broken = make({ module: new URL("./fixtures/broken.ts", import.meta.url) });
  expect((await failure(broken.run({ op: "thread" }), "MODULE_INVALID")).message).toContain("broken at the top");
  await failure(make({ module: new URL("./protocol.ts", import.meta.url) }).run({ op: "thread" }), "MODULE_INVALID");
  await failure(make({ execArgv: ["--no-such-flag"] }).run({ op: "thread" }), "OPTION_INVALID");
});

test("workers get their env, their data, and release it", async () => {
  let released = 0;
  const pool = make({
    env: { ONLY: "this" },
    setup: () => {
      const { port1, port2 } = new MessageChannel();
      return {
        data: { port: port2, name: "x" },
        transfer: [port2],
        dispose() {
          released++;
          port1.close();
        },
      };
    },
  });
  expect(await pool.run({ op: "env" })).toEqual({ ONLY: "this" });
  await failure(pool.run({ op: "exit", code: 1 }), "TASK_CRASHED");
  expect(await pool.run({ op: "echo", value: 1 })).toBe(1);
  await pool.close();
  expect(released).toBe(2);
});

test("close ends every thread and rejects what isn't done", async () => {
  const pool = make({ size: 2 });
  const calls = Array.from({ length: 5 }, () => failure(pool.run({ op: "hang" }), "CANCELLED"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await pool.close();
  await Promise.all(calls);
  await failure(pool.run({ op: "echo", value: 1 }), "CANCELLED");
  await pool.close();
});

test("an idle pool keeps no process alive", async () => {
  expect(await finish(start(new URL("./fixtures/idle.ts", import.meta.url)))).toBe("done");
}, 30_000);
