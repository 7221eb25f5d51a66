import { GlacierError, type StorageAdapter } from "@glacier/core";
import { expect, vi } from "vitest";
import { body, noise, oddChunks, type WatchedBody, watched } from "../bodies.ts";
import {
  bytesOf,
  collect,
  expectBytes,
  failure,
  keysOf,
  listed,
  patience,
  sideBySide,
  textOf,
  thrownBy,
} from "../calls.ts";
import type { Subject } from "../subject.ts";

export const cancellation = {
  async "a signal that has fired stops every call, and nothing happens"({ adapter }: Subject): Promise<void> {
    await adapter.write("k", body("there"));
    for (const call of everyCall(adapter, AbortSignal.abort())) await failure(call(), "CANCELLED");
    expect(await keysOf(adapter)).toEqual(["k"]);
    expect(await textOf(adapter, "k")).toBe("there");
  },

  async "a signal's reason that is a GlacierError is thrown as it is"({ adapter }: Subject): Promise<void> {
    await adapter.write("k", body(noise(4_000_000)));
    const reason = new GlacierError("TASK_TIMEOUT", { message: "the task took too long", hint: "Wait longer." });
    for (const call of everyCall(adapter, AbortSignal.abort(reason))) expect(await thrownBy(call())).toBe(reason);
    const controller = new AbortController();
    const write = adapter.write("new", endless(controller, reason), { signal: controller.signal });
    expect(await thrownBy(write), "what a write throws that is stopped midway").toBe(reason);
  },

  async "an abort midway of a write publishes nothing and closes the body"(subject: Subject): Promise<void> {
    const { adapter, large } = subject;
    const { etag } = await adapter.write("k", body("old"));
    for (const size of [1_000, large]) {
      for (const key of ["k", "new/key"]) {
        const controller = new AbortController();
        const source = endless(controller, undefined, size);
        await failure(adapter.write(key, source, { signal: controller.signal }), "CANCELLED");
        await vi.waitFor(() => expect(source.open, "iterators of the body that were left open").toBe(0), patience);
      }
    }
    expect(await textOf(adapter, "k")).toBe("old");
    expect((await adapter.stat("k")).etag).toBe(etag);
    expect(await keysOf(adapter)).toEqual(["k"]);
  },

  async "an abort of a write whose body never answers"({ adapter }: Subject): Promise<void> {
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield noise(100);
      setImmediate(() => controller.abort());
      await new Promise(() => {});
    }
    await failure(adapter.write("k", hanging(), { signal: controller.signal }), "CANCELLED");
    expect(await keysOf(adapter)).toEqual([]);
  },

  async "an abort at any moment of a write leaves the old object or the new one"({ adapter }: Subject): Promise<void> {
    const [before, after] = [noise(300_000, 1), noise(300_001, 2)];
    await adapter.write("k", body(before));
    for (let turns = 0; turns < 30; turns += turns < 10 ? 1 : 5) {
      const controller = new AbortController();
      const write = adapter.write("k", body(...oddChunks(after)), { signal: controller.signal });
      const outcome = write.then(
        () => after,
        (error: unknown) => failure(Promise.reject(error), "CANCELLED"),
      );
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      controller.abort();
      const result = await outcome;
      const found = await bytesOf(adapter, "k");
      // What was committed when the signal fired stays; a failed write may have been that late, but is never in between.
      expectBytes(found, result === after || found.length === after.length ? after : before);
      expect(await keysOf(adapter)).toEqual(["k"]);
      await adapter.write("k", body(before));
    }
  },

  async "an abort midway of a read ends it"({ adapter }: Subject): Promise<void> {
    await adapter.write("k", body(noise(8_000_000)));
    const controller = new AbortController();
    const { body: stream } = await adapter.read("k", { signal: controller.signal });
    const chunks: number[] = [];
    const reading = (async () => {
      for await (const { length } of stream) {
        chunks.push(length);
        controller.abort();
      }
    })();
    const thrown: unknown = await reading.catch((error: unknown) => error);
    // A body of a single chunk was there before the signal fired.
    if (thrown !== undefined || chunks[0] !== 8_000_000) await failure(Promise.reject(thrown), "CANCELLED");
    expect((await adapter.stat("k")).size).toBe(8_000_000);
  },

  async "an abort between opening and reading an object"({ adapter }: Subject): Promise<void> {
    await adapter.write("k", body(noise(4_000_000)));
    const controller = new AbortController();
    const { body: stream } = await adapter.read("k", { signal: controller.signal });
    controller.abort();
    await failure(collect(stream), "CANCELLED");
  },

  async "an abort midway of a listing ends it"({ adapter }: Subject): Promise<void> {
    const keys = Array.from({ length: 40 }, (_, i) => `${i % 4}/${i}`);
    await sideBySide(keys, (key) => adapter.write(key, body("x")));
    for (const options of [{ pageSize: 5 }, {}]) {
      const controller = new AbortController();
      const listing = (async () => {
        for await (const _info of adapter.list("", { ...options, signal: controller.signal })) controller.abort();
      })();
      await failure(listing, "CANCELLED");
    }
    expect(await keysOf(adapter)).toHaveLength(40);
  },

  async "a signal that fires after the end changes nothing"({ adapter }: Subject): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    await adapter.write("k", body("whole"), { signal });
    const { body: stream } = await adapter.read("k", { signal });
    expect((await collect(stream)).toString()).toBe("whole");
    expect(await listed(adapter, "", { signal })).toHaveLength(1);
    controller.abort();
    await new Promise(setImmediate);
    expect(await textOf(adapter, "k")).toBe("whole");
  },
};

/** A body that goes on forever, with a signal that fires when its third chunk is asked for. */
function endless(controller: AbortController, reason?: GlacierError, first = 1_000): WatchedBody {
  return watched(async (i) => {
    if (i === 2) controller.abort(reason);
    await new Promise(setImmediate);
    return noise(i === 0 ? first : 1_000);
  });
}

function everyCall(adapter: StorageAdapter, signal: AbortSignal): readonly (() => Promise<unknown>)[] {
  return [
    () => adapter.read("k", { signal }),
    () => adapter.write("k", body("x"), { signal }),
    () => adapter.write("new", body("x"), { signal, ifNoneMatch: "*" }),
    () => adapter.stat("k", { signal }),
    () => listed(adapter, "", { signal }),
    () => adapter.delete("k", { signal }),
    ...(adapter.copy === undefined ? [] : [async () => adapter.copy?.("k", "new", { signal })]),
    ...(adapter.deleteMany === undefined ? [] : [async () => adapter.deleteMany?.(["k"], { signal })]),
  ];
}
