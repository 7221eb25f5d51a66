import { isGlacierError, type StorageAdapter } from "@glacier/core";
import { expect } from "vitest";
import { body, noise, oddChunks } from "../bodies.ts";
import { bytesOf, collect, expectBytes, failure, keysOf, persistently, textOf } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const conditions = {
  async "create only: refused where there is an object"({ adapter, large }: Subject): Promise<void> {
    await adapter.write("k", body("first"), { ifNoneMatch: "*" });
    await failure(adapter.write("k", body("second"), { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
    await failure(adapter.write("k", body(...oddChunks(noise(large))), { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "k")).toBe("first");
    await adapter.delete("k");
    await adapter.write("k", body("third"), { ifNoneMatch: "*" });
    expect(await textOf(adapter, "k")).toBe("third");
  },

  async "create only: large objects too"({ adapter, large }: Subject): Promise<void> {
    const bytes = noise(large);
    await adapter.write("k", body(...oddChunks(bytes)), { ifNoneMatch: "*" });
    expectBytes(await bytesOf(adapter, "k"), bytes);
  },

  async "20 racing creators: one wins, and its content stays"({ adapter }: Subject): Promise<void> {
    const create = (i: number) =>
      persistently(() => adapter.write("one", body(`creator ${i}`), { ifNoneMatch: "*" })).then(
        ({ etag }) => etag,
        (error: unknown) => error,
      );
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)));
    const won = outcomes.flatMap((outcome, i) => (typeof outcome === "string" ? [i] : []));
    expect(won, "the creators that succeeded").toHaveLength(1);
    for (const outcome of outcomes.filter((outcome) => typeof outcome !== "string"))
      await failure(Promise.reject(outcome), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "one")).toBe(`creator ${won[0]}`);
    expect((await adapter.stat("one")).etag).toBe(outcomes[won[0] as number]);
  },

  async "update if match: only over that version"({ adapter, large }: Subject): Promise<void> {
    const first = await adapter.write("k", body("1"));
    const second = await adapter.write("k", body("2"), { ifMatch: first.etag });
    await failure(adapter.write("k", body("3"), { ifMatch: first.etag }), "PRECONDITION_FAILED");
    await failure(adapter.write("k", body(...oddChunks(noise(large))), { ifMatch: first.etag }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "k")).toBe("2");
    const bytes = noise(large);
    await adapter.write("k", body(...oddChunks(bytes)), { ifMatch: second.etag });
    expectBytes(await bytesOf(adapter, "k"), bytes);
  },

  async "update if match: refused where there is no object"({ adapter }: Subject): Promise<void> {
    const { etag } = await adapter.write("k", body("1"));
    await failure(adapter.write("never", body("x"), { ifMatch: etag }), "PRECONDITION_FAILED");
    await adapter.delete("k");
    await failure(adapter.write("k", body("2"), { ifMatch: etag }), "PRECONDITION_FAILED");
    expect(await keysOf(adapter)).toEqual([]);
  },

  async "5 writers × 10 increments by compare and swap make 50"({ adapter }: Subject): Promise<void> {
    await adapter.write("counter", body("0"));
    await Promise.all(Array.from({ length: 5 }, () => increment(adapter, 10)));
    expect(await textOf(adapter, "counter")).toBe("50");
  },

  async "a condition holds until the write's end, not only at its start"({ adapter }: Subject): Promise<void> {
    const { etag } = await adapter.write("k", body("old"));
    const meanwhile = (key: string) =>
      (async function* () {
        yield noise(100);
        await adapter.write(key, body("the other's"));
        yield noise(100);
      })();
    await failure(adapter.write("new", meanwhile("new"), { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
    await failure(adapter.write("k", meanwhile("k"), { ifMatch: etag }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "new")).toBe("the other's");
    expect(await textOf(adapter, "k")).toBe("the other's");
  },

  async "a read if match: that version or an error"({ adapter }: Subject): Promise<void> {
    const first = await adapter.write("k", body("1"));
    expect(await textOf(adapter, "k", { ifMatch: first.etag })).toBe("1");
    const second = await adapter.write("k", body("2"));
    await failure(adapter.read("k", { ifMatch: first.etag }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "k", { ifMatch: second.etag })).toBe("2");
    await adapter.delete("k");
    await failure(adapter.read("k", { ifMatch: second.etag }), "PRECONDITION_FAILED", "NOT_FOUND");
  },

  async "other bytes have another etag, also of the same size and right after"({ adapter }: Subject): Promise<void> {
    const etags: string[] = [];
    for (let i = 100; i < 150; i++) {
      etags.push((await adapter.write("k", body(`${i}`))).etag);
      if (i % 10 === 0) await adapter.delete("k");
    }
    expect(new Set(etags).size).toBe(50);
    expect(etags).not.toContain("");
  },
};

/** Adds 1 to "counter", `times` times. */
async function increment(adapter: StorageAdapter, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const { info, body: content } = await adapter.read("counter");
    const value = Number((await collect(content)).toString());
    try {
      await persistently(() => adapter.write("counter", body(`${value + 1}`), { ifMatch: info.etag }));
      done++;
    } catch (error) {
      if (!isGlacierError(error, "PRECONDITION_FAILED")) throw error;
    }
  }
}
