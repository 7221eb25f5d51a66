import { expect } from "vitest";
import { body, noise, oddChunks } from "../bodies.ts";
import { bytesOf, expectBytes, failure, keysOf, textOf } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const copies = {
  async "copy, where there is one: the same bytes under another key"({ adapter, large }: Subject): Promise<void> {
    if (adapter.copy === undefined) return;
    for (const size of [0, 10, large]) {
      const bytes = noise(size);
      await adapter.write("a & b", body(...oddChunks(bytes)));
      const copied = await adapter.copy("a & b", "new folder/é");
      expect(copied).toMatchObject({ key: "new folder/é", size });
      expect((await adapter.stat("new folder/é")).etag).toBe(copied.etag);
      expectBytes(await bytesOf(adapter, "new folder/é"), bytes);
      expectBytes(await bytesOf(adapter, "a & b"), bytes);
    }
    await adapter.delete("a & b");
    expect(await bytesOf(adapter, "new folder/é"), "the copy outlives what was copied").toHaveLength(large);
  },

  async "copy, where there is one: create only"({ adapter }: Subject): Promise<void> {
    if (adapter.copy === undefined) return;
    await adapter.write("a", body("new"));
    await adapter.write("b", body("old"));
    await failure(adapter.copy("a", "b", { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "b")).toBe("old");
    await adapter.copy("a", "c", { ifNoneMatch: "*" });
    expect(await textOf(adapter, "c")).toBe("new");
  },

  async "copy, where there is one: update if the target matches"({ adapter }: Subject): Promise<void> {
    if (adapter.copy === undefined) return;
    const source = await adapter.write("a", body("new"));
    const { etag } = await adapter.write("b", body("old"));
    await failure(adapter.copy("a", "b", { ifMatch: source.etag }), "PRECONDITION_FAILED");
    await failure(adapter.copy("a", "missing", { ifMatch: source.etag }), "PRECONDITION_FAILED");
    expect(await textOf(adapter, "b")).toBe("old");
    await adapter.copy("a", "b", { ifMatch: etag });
    expect(await textOf(adapter, "b")).toBe("new");
  },

  async "copy, where there is one: of a missing object"({ adapter }: Subject): Promise<void> {
    if (adapter.copy === undefined) return;
    await adapter.write("b", body("old"));
    expect((await failure(adapter.copy("missing", "b"), "NOT_FOUND")).context.key).toBe("missing");
    await failure(adapter.copy("missing", "new"), "NOT_FOUND");
    expect(await textOf(adapter, "b")).toBe("old");
    expect(await keysOf(adapter)).toEqual(["b"]);
  },
};
