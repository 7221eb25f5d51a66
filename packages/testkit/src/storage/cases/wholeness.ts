import { isGlacierError } from "@glacier/core";
import { expect, vi } from "vitest";
import { body, noise, oddChunks, watched } from "../bodies.ts";
import { collect, failure, keysOf, patience, textOf, thrownBy } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const wholeness = {
  async "nobody sees an object before it is whole"({ adapter, large }: Subject): Promise<void> {
    await adapter.write("old", body("old"));
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const slow = (): AsyncIterable<Uint8Array> & { readonly pulled: number } =>
      watched(async (i) => {
        if (i === 0) return noise(large);
        await gate;
        return i === 1 ? noise(10) : undefined;
      });
    const bodies = [slow(), slow()] as const;
    const writes = [adapter.write("new/k", bodies[0]), adapter.write("old", bodies[1])];
    try {
      await vi.waitFor(() => expect(bodies.map(({ pulled }) => pulled)).toEqual([2, 2]), 30_000);
      await failure(adapter.stat("new/k"), "NOT_FOUND");
      await failure(adapter.read("new/k"), "NOT_FOUND");
      expect(await keysOf(adapter)).toEqual(["old"]);
      expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["old"]);
      expect(await textOf(adapter, "old")).toBe("old");
    } finally {
      open();
      await Promise.allSettled(writes);
    }
    for (const { key, size } of await Promise.all(writes)) {
      expect(size).toBe(large + 10);
      expect((await adapter.stat(key)).size).toBe(large + 10);
    }
  },

  async "a body that throws publishes nothing, and its error passes through"(subject: Subject): Promise<void> {
    const { adapter, large } = subject;
    const { etag } = await adapter.write("k", body("old"));
    for (const mine of [new RangeError("mine"), "a string", Object.assign(new Error("mine"), { code: "ENOENT" })]) {
      for (const sizes of [[], [10], [large, 10]]) {
        const broken = (): AsyncIterable<Uint8Array> =>
          watched((i) => (i < sizes.length ? noise(sizes[i] as number) : Promise.reject(mine)));
        expect(await thrownBy(adapter.write("k", broken())), "what write throws").toBe(mine);
        expect(await thrownBy(adapter.write("new/key", broken())), "what write throws").toBe(mine);
      }
    }
    expect(await textOf(adapter, "k")).toBe("old");
    expect((await adapter.stat("k")).etag).toBe(etag);
    expect(await keysOf(adapter)).toEqual(["k"]);
  },

  async "a body that throws publishes nothing, with conditions too"({ adapter }: Subject): Promise<void> {
    const { etag } = await adapter.write("k", body("old"));
    const mine = new Error("mine");
    const broken = (): AsyncIterable<Uint8Array> => watched((i) => (i === 0 ? noise(300_000) : Promise.reject(mine)));
    expect(await thrownBy(adapter.write("k", broken(), { ifMatch: etag }))).toBe(mine);
    expect(await thrownBy(adapter.write("new", broken(), { ifNoneMatch: "*" }))).toBe(mine);
    expect(await keysOf(adapter)).toEqual(["k"]);
    await adapter.write("new", body("now"), { ifNoneMatch: "*" });
    await adapter.write("k", body("new"), { ifMatch: etag });
    expect(await textOf(adapter, "k")).toBe("new");
  },

  async "a write that is refused leaves its body closed"({ adapter, large }: Subject): Promise<void> {
    await adapter.write("k", body("there"));
    for (const first of [10, large]) {
      const source = watched((i) => (i < 100 ? noise(i === 0 ? first : 1_000) : undefined));
      await failure(adapter.write("k", source, { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      await vi.waitFor(() => expect(source.open, "iterators of the body that were left open").toBe(0), patience);
    }
  },

  async "readers during replaces see whole versions"({ adapter }: Subject): Promise<void> {
    await adapter.write("k", body(version(0)));
    let writing = true;
    const reader = async (): Promise<void> => {
      do {
        const { info, body: stream } = await adapter.read("k");
        try {
          const bytes = await collect(stream);
          expect(
            bytes.every((byte) => byte === bytes[0]),
            "all bytes are of one version",
          ).toBe(true);
          expect(bytes.length).toBe(info.size);
        } catch (error) {
          // A backend that can't go on with the old version says so.
          if (!isGlacierError(error)) throw error;
        }
        await new Promise(setImmediate);
      } while (writing);
    };
    const writer = async (): Promise<void> => {
      try {
        for (let i = 1; i <= 15; i++) await adapter.write("k", body(...oddChunks(version(i))));
      } finally {
        writing = false;
      }
    };
    await Promise.all([reader(), reader(), writer()]);
  },

  async "a read if match that is replaced midway: that version or an error"({ adapter }: Subject): Promise<void> {
    const { etag } = await adapter.write("k", body(noise(8_000_000, 1)));
    const { body: stream } = await adapter.read("k", { ifMatch: etag });
    await adapter.write("k", body(noise(8_000_000, 2)));
    const found = await collect(stream).catch((error: unknown) =>
      failure(Promise.reject(error), "PRECONDITION_FAILED"),
    );
    if (Buffer.isBuffer(found)) expect(found.equals(noise(8_000_000, 1)), "the bytes are the old version's").toBe(true);
  },

  async "20 writers of one key: one of their objects stays, whole"({ adapter }: Subject): Promise<void> {
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, i) => adapter.write("k", body(...oddChunks(version(i))))),
    );
    const { info, body: stream } = await adapter.read("k");
    const bytes = await collect(stream);
    expect(Buffer.compare(bytes, version(bytes[0] as number)), "the object is one writer's").toBe(0);
    expect(written[bytes[0] as number]?.etag).toBe(info.etag);
    expect(await keysOf(adapter)).toEqual(["k"]);
  },
};

/** Many bytes of one value; versions differ in size too. */
function version(i: number): Uint8Array {
  return new Uint8Array(300_000 + i * 1_000).fill(i);
}
