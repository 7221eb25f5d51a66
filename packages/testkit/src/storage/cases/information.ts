import { expect } from "vitest";
import { body, noise, oddChunks } from "../bodies.ts";
import { listed, textOf } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const information = {
  async "write, stat and read say the same of an object"({ adapter, large }: Subject): Promise<void> {
    for (const size of [0, 10, large]) {
      const written = await adapter.write("a/b", body(...oddChunks(noise(size))));
      const said = { key: "a/b", size, etag: written.etag };
      expect(written.etag).not.toBe("");
      expect(written).toMatchObject(said);
      expect(await adapter.stat("a/b")).toMatchObject(said);
      const { info, body: stream } = await adapter.read("a/b");
      await stream[Symbol.asyncIterator]().return?.();
      expect(info).toMatchObject(said);
      for (const { modified } of [written, info]) if (modified !== undefined) expect(modified).toBeInstanceOf(Date);
    }
  },

  async "contentType and metadata come back as they were written, or not at all"({ adapter }: Subject): Promise<void> {
    const options = { contentType: "text/csv", metadata: { owner: "me", "run-id": "2026-01-31 #42" } };
    await adapter.write("k", body("x"), options);
    const { info } = await adapter.read("k");
    for (const { contentType, metadata } of [await adapter.stat("k"), info]) {
      if (contentType !== undefined) expect(contentType).toBe(options.contentType);
      if (metadata !== undefined) expect(metadata).toEqual(options.metadata);
    }
    // They are the version's, not the key's.
    await adapter.write("k", body("y"), { contentType: "application/json" });
    const { contentType, metadata } = await adapter.stat("k");
    if (contentType !== undefined) expect(contentType).toBe("application/json");
    expect(metadata ?? {}).toEqual({});
  },

  async "a uri is stable, and another for each key"({ adapter }: Subject): Promise<void> {
    const keys = ["a", "A", "a/b", "a b", "a%20b", "a+b", "a#b", "a?b", "a%23b", "caf\u00e9", "cafe\u0301", "a/b/c"];
    const before = keys.map((key) => adapter.uri(key));
    expect(new Set(before).size).toBe(keys.length);
    await adapter.write("a b", body("x"));
    expect(keys.map((key) => adapter.uri(key))).toEqual(before);
    for (const uri of before) {
      const { username, password } = new URL(uri);
      expect(username + password, "a credential in a uri").toBe("");
    }
  },

  async "a storage is empty when it is made, and knows nothing of another"({ adapter, make }: Subject): Promise<void> {
    await adapter.write("k", body("mine"));
    const other = await make();
    expect(await listed(other)).toEqual([]);
    await other.write("k", body("the other's"));
    await other.write("l", body("the other's"));
    expect(await textOf(adapter, "k")).toBe("mine");
    expect(await listed(adapter)).toHaveLength(1);
  },
};
