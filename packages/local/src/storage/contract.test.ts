import { MessageChannel } from "node:worker_threads";
import { isGlacierError, type StorageAdapter } from "@glacier/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { body, bytesOf, failure, keysOf, listed, scratch, textOf } from "../testing/storage.ts";
import { localFs, memory, portChannel, remoteMemory, serveMemory } from "./index.ts";

const adapters: Record<string, () => StorageAdapter> = {
  localFs: () => localFs({ kind: "localFs", basePath: scratch() }),
  memory: () => memory({ kind: "memory" }),
  "memory of another thread": () => {
    const { port1, port2 } = new MessageChannel();
    const here = memory({ kind: "memory" });
    serveMemory(portChannel(port1), () => here);
    onTestFinished(() => port1.close());
    return remoteMemory(portChannel(port2))({ kind: "memory" });
  },
};

describe.each(Object.entries(adapters))("%s", (_, make) => {
  test.each([0, 1, 65_535, 65_536, 65_537, 262_143, 262_145, 1_048_576, 1_048_577, 3_500_000])(
    "keeps %i bytes as they are",
    async (size) => {
      const adapter = make();
      const bytes = Buffer.alloc(size, (Math.random() * 255) | 0);
      for (let i = 0; i < size; i += 997) bytes[i] = i % 251;
      const chunks: Uint8Array[] = [];
      for (let at = 0, step = 1; at < size; at += step, step = Math.min(step * 3, 400_000))
        chunks.push(bytes.subarray(at, Math.min(size, at + step)));
      const written = await adapter.write("a/b", body(...chunks));
      expect(written).toMatchObject({ key: "a/b", size });
      expect((await bytesOf(adapter, "a/b")).equals(bytes)).toBe(true);
      expect((await adapter.stat("a/b")).etag).toBe(written.etag);
      expect((await adapter.read("a/b")).info).toMatchObject({ key: "a/b", size, etag: written.etag });
    },
  );

  test.each([
    [{ start: 0, end: 3 }, "012"],
    [{ start: 4, end: 7 }, "456"],
    [{ start: 7 }, "789"],
    [{ start: -3 }, "789"],
    [{ start: -30 }, "0123456789"],
    [{ start: -5, end: 7 }, "56"],
    [{ start: 8, end: 100 }, "89"],
    [{ start: 10 }, ""],
    [{ start: 12, end: 20 }, ""],
    [{ start: 5, end: 5 }, ""],
  ])("reads the range %o", async (range, expected) => {
    const adapter = make();
    await adapter.write("digits", body("0123", "456", "789"));
    const { info } = await adapter.read("digits", { range });
    expect(info.size).toBe(10);
    expect(await textOf(adapter, "digits", { range })).toBe(expected);
  });

  test("reads a range across chunks of a large object", async () => {
    const adapter = make();
    const bytes = Buffer.alloc(5_000_000);
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i, i);
    await adapter.write("large", body(bytes.subarray(0, 1_300_001), bytes.subarray(1_300_001)));
    for (const [start, end] of [
      [0, 1_048_577],
      [1_048_575, 3_300_000],
      [1_300_000, 1_300_002],
      [4_999_999, 5_000_000],
    ] as const) {
      expect((await bytesOf(adapter, "large", { range: { start, end } })).equals(bytes.subarray(start, end))).toBe(
        true,
      );
    }
  });

  test("create-only: of 20 racing creators one wins", async () => {
    const adapter = make();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (__, i) => adapter.write("one", body(`${i}`), { ifNoneMatch: "*" })),
    );
    const won = results.flatMap((result, i) => (result.status === "fulfilled" ? [i] : []));
    expect(won).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(isGlacierError(result.reason, "PRECONDITION_FAILED")).toBe(true);
    }
    expect(await textOf(adapter, "one")).toBe(`${won[0]}`);
  });

  test("compare and swap: 5 writers × 10 increments make exactly 50", async () => {
    const adapter = make();
    await adapter.write("counter", body("0"));
    await Promise.all(Array.from({ length: 5 }, () => increments(adapter, 10)));
    expect(await textOf(adapter, "counter")).toBe("50");
  });

  test("conditions on what isn't there, or is another version", async () => {
    const adapter = make();
    await failure(adapter.write("k", body("x"), { ifMatch: "nothing" }), "PRECONDITION_FAILED");
    const first = await adapter.write("k", body("1"));
    const second = await adapter.write("k", body("2"));
    expect(second.etag).not.toBe(first.etag);
    await failure(adapter.write("k", body("3"), { ifMatch: first.etag }), "PRECONDITION_FAILED");
    await failure(adapter.read("k", { ifMatch: first.etag }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "k", { ifMatch: second.etag })).toBe("2");
    await adapter.delete("k");
    const third = await adapter.write("k", body("2"));
    expect([first.etag, second.etag]).not.toContain(third.etag);
    await failure(adapter.write("k", body("4"), { ifMatch: second.etag }), "PRECONDITION_FAILED");
  });

  test("every replace changes the etag, however fast", async () => {
    const adapter = make();
    const etags = new Set<string>();
    for (let i = 0; i < 100; i++) etags.add((await adapter.write("k", body("x"))).etag);
    expect(etags.size).toBe(100);
  });

  test("a body that throws publishes nothing, and its error passes through", async () => {
    const adapter = make();
    await adapter.write("k", body("old"));
    const mine = new RangeError("mine");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(300_000);
      throw mine;
    }
    await expect(adapter.write("k", broken())).rejects.toBe(mine);
    await expect(adapter.write("new/key", broken(), { ifNoneMatch: "*" })).rejects.toBe(mine);
    expect(await textOf(adapter, "k")).toBe("old");
    expect(await keysOf(adapter)).toEqual(["k"]);
  });

  test("an abort in mid-write publishes nothing, also when the body never answers", async () => {
    const adapter = make();
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      setImmediate(() => controller.abort());
      await new Promise(() => {});
    }
    await failure(adapter.write("k", hanging(), { signal: controller.signal }), "CANCELLED");
    expect(await keysOf(adapter)).toEqual([]);
  });

  test("a fired signal stops every call", async () => {
    const adapter = make();
    await adapter.write("k", body(Buffer.alloc(3_000_000)));
    const signal = AbortSignal.abort();
    await failure(adapter.read("k", { signal }), "CANCELLED");
    await failure(adapter.stat("k", { signal }), "CANCELLED");
    await failure(adapter.write("k", body("x"), { signal }), "CANCELLED");
    await failure(adapter.delete("k", { signal }), "CANCELLED");
    await failure(keysOf(adapter, "", { signal }), "CANCELLED");
    const controller = new AbortController();
    const { body: stream } = await adapter.read("k", { signal: controller.signal });
    const reading = (async () => {
      for await (const _chunk of stream) controller.abort();
    })();
    await failure(reading, "CANCELLED");
    expect((await adapter.stat("k")).size).toBe(3_000_000);
  });

  test("pulls no chunk before the last one is stored", async () => {
    const adapter = make();
    let pulled = 0;
    let returned = false;
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          expect(returned).toBe(false);
          returned = true;
          await new Promise(setImmediate);
          returned = false;
          return pulled++ < 20 ? { done: false, value: Buffer.alloc(400_000) } : { done: true, value: undefined };
        },
      }),
    };
    expect((await adapter.write("k", source)).size).toBe(8_000_000);
  });

  test("a caller may use its buffers again", async () => {
    const adapter = make();
    for (const size of [10, 100_000, 700_000]) {
      const buffer = Buffer.alloc(size, 1);
      async function* reusing(): AsyncGenerator<Uint8Array> {
        yield buffer;
        buffer.fill(2);
        yield buffer;
        buffer.fill(3);
      }
      await adapter.write("k", reusing());
      const expected = Buffer.concat([Buffer.alloc(size, 1), Buffer.alloc(size, 2)]);
      for await (const chunk of (await adapter.read("k")).body) chunk.fill(9);
      expect((await bytesOf(adapter, "k")).equals(expected)).toBe(true);
    }
  });

  test("an open read goes on with its version while the object is replaced or deleted", async () => {
    const adapter = make();
    const { etag } = await adapter.write("k", body(Buffer.alloc(4_000_000, 1)));
    const { body: stream } = await adapter.read("k", { ifMatch: etag });
    await adapter.write("k", body(Buffer.alloc(4_000_000, 2)));
    await adapter.delete("k");
    let sum = 0;
    for await (const chunk of stream) sum += chunk.reduce((total, byte) => total + byte, 0);
    expect(sum).toBe(4_000_000);
  });

  test("lists in the order of UTF-8 bytes, by any prefix", async () => {
    const adapter = make();
    const keys = [
      "a-b",
      "a/b",
      "a/b-c",
      "a/b/c",
      "a0",
      "ab",
      "a/bc",
      "A",
      "é",
      "e\u0301",
      "\uffee",
      "😀",
      "z z",
      "%2F",
      "+#?&",
      "a/😀/x",
    ].filter((key) => key !== "a/b");
    for (const key of keys) await adapter.write(key, body(key));
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await keysOf(adapter)).toEqual(sorted);
    for (const prefix of [
      "a",
      "a/",
      "a/b",
      "a/b/",
      "a/bc",
      "é",
      "zz",
      "a/b/c",
      "a/b/c/",
      "/",
      "../",
      "a//",
      "nothing/at/all",
    ]) {
      expect(await keysOf(adapter, prefix), prefix).toEqual(sorted.filter((key) => key.startsWith(prefix)));
    }
    for (const key of keys) expect(await textOf(adapter, key)).toBe(key);
    expect(await keysOf(adapter, "", { pageSize: 1 })).toEqual(sorted);
  });

  test("lists one level", async () => {
    const adapter = make();
    for (const key of ["a/1", "a/2/x", "a/2/y", "a-b", "b", "c/d/e/f"]) await adapter.write(key, body("x"));
    expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["a-b", "a/", "b", "c/"]);
    expect(await keysOf(adapter, "a", { delimiter: "/" })).toEqual(["a-b", "a/"]);
    expect(await keysOf(adapter, "a/", { delimiter: "/" })).toEqual(["a/1", "a/2/"]);
    const [, prefix] = await listed(adapter, "a/", { delimiter: "/" });
    expect(prefix).toEqual({ key: "a/2/", size: 0, etag: "", prefix: true });
    await adapter.delete("c/d/e/f");
    expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["a-b", "a/", "b"]);
  });

  test("lists more than a page", async () => {
    const adapter = make();
    const keys = Array.from({ length: 1_050 }, (__, i) => `${i % 7}/${String(i).padStart(5, "0")}`);
    await Promise.all(keys.map((key) => adapter.write(key, body(key))));
    expect(await keysOf(adapter)).toEqual(keys.sort());
  }, 60_000);

  test("deletes, also what isn't there", async () => {
    const adapter = make();
    await adapter.write("a/b", body("x"));
    await adapter.delete("a/b");
    await adapter.delete("a/b");
    await adapter.delete("never/there");
    await failure(adapter.stat("a/b"), "NOT_FOUND");
    await failure(adapter.read("a/b"), "NOT_FOUND");
    await adapter.write("a", body("the folder is gone"));
    expect(await keysOf(adapter)).toEqual(["a"]);
    expect(await adapter.deleteMany?.(["a", "b", "../c"])).toMatchObject([
      { key: "../c", error: { code: "KEY_INVALID" } },
    ]);
    expect(await keysOf(adapter)).toEqual([]);
  });

  test("copies with conditions", async () => {
    const adapter = make();
    if (adapter.copy === undefined) throw new Error("no copy");
    await adapter.write("a", body("content"));
    const copied = await adapter.copy("a", "b/c", { ifNoneMatch: "*" });
    expect(copied).toMatchObject({ key: "b/c", size: 7 });
    expect(await textOf(adapter, "b/c")).toBe("content");
    await failure(adapter.copy("a", "b/c", { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
    await failure(adapter.copy("nothing", "d"), "NOT_FOUND");
    expect(await keysOf(adapter)).toEqual(["a", "b/c"]);
  });

  test.each(["", "/a", "../a", "a/../b", "a/./b", "a//b", "a/", "a\0b", "..", ".", "\ud800"])(
    "refuses the key %j",
    async (key) => {
      const adapter = make();
      await failure(adapter.read(key), "KEY_INVALID");
      await failure(adapter.write(key, body("x")), "KEY_INVALID");
      await failure(adapter.stat(key), "KEY_INVALID");
      await failure(adapter.delete(key), "KEY_INVALID");
    },
  );
});

/** Adds 1 to "counter", `times` times, by compare and swap. */
async function increments(adapter: StorageAdapter, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const { info } = await adapter.read("counter");
    const value = Number(await textOf(adapter, "counter"));
    try {
      await adapter.write("counter", body(`${value + 1}`), { ifMatch: info.etag });
      done++;
    } catch (error) {
      if (!isGlacierError(error, "PRECONDITION_FAILED")) throw error;
    }
  }
}
