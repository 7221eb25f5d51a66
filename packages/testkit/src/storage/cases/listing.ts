import { expect } from "vitest";
import { body } from "../bodies.ts";
import { keysOf, listed, sideBySide } from "../calls.ts";
import type { Subject } from "../subject.ts";

/** In the order of their UTF-8 bytes, which is not that of UTF-16 (\uffee, 😀) nor that of a walk through folders (a-b, a/b). */
// biome-ignore format: one line
const ordered = [
  "%2F", "+#&", "A", "a-b", "a/b-c", "a/b/c", "a/bc", "a/😀/x", "a0", "ab", "z z", "é", "\uffee", "😀",
] as const;

export const listing = {
  async "nothing to list"({ adapter }: Subject): Promise<void> {
    expect(await listed(adapter)).toEqual([]);
    expect(await listed(adapter, "a/b", { delimiter: "/" })).toEqual([]);
    await adapter.write("a/b", body("x"));
    for (const prefix of ["b", "a/c", "a/b/", "a/b/c", "nothing/at/all", "a//", "/"])
      expect(await listed(adapter, prefix), prefix).toEqual([]);
    await adapter.delete("a/b");
    expect(await listed(adapter)).toEqual([]);
    expect(await listed(adapter, "", { delimiter: "/" })).toEqual([]);
  },

  async "keys come in the order of their UTF-8 bytes"({ adapter }: Subject): Promise<void> {
    await sideBySide([...ordered].reverse(), (key) => adapter.write(key, body(key)));
    expect(await keysOf(adapter)).toEqual(ordered);
    expect(await keysOf(adapter, "a")).toEqual(ordered.filter((key) => key.startsWith("a")));
  },

  async "a prefix is any string, also within a segment"({ adapter }: Subject): Promise<void> {
    await sideBySide(ordered, (key) => adapter.write(key, body(key)));
    for (const prefix of [
      "a",
      "a/",
      "a/b",
      "a/b/",
      "a/bc",
      "a/b/c",
      "a/b/c/",
      "zz",
      "z",
      "é",
      "a/😀",
      "A",
      "%2",
      "%2F",
    ])
      expect(await keysOf(adapter, prefix), prefix).toEqual(ordered.filter((key) => key.startsWith(prefix)));
  },

  async "a/b/ is not a prefix of a/bc"({ adapter }: Subject): Promise<void> {
    for (const key of ["a/b/x", "a/bc", "a/bcd/x", "a/b-c"]) await adapter.write(key, body("x"));
    expect(await keysOf(adapter, "a/b/")).toEqual(["a/b/x"]);
    expect(await keysOf(adapter, "a/b/", { delimiter: "/" })).toEqual(["a/b/x"]);
    expect(await keysOf(adapter, "a/b", { delimiter: "/" })).toEqual(["a/b-c", "a/b/", "a/bc", "a/bcd/"]);
  },

  async "one level: objects and prefixes in one order"({ adapter }: Subject): Promise<void> {
    for (const key of ["a/1", "a/2/x", "a/2/y/z", "a-b", "b", "c/d/e/f", "a0"]) await adapter.write(key, body("x"));
    expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["a-b", "a/", "a0", "b", "c/"]);
    expect(await keysOf(adapter, "a", { delimiter: "/" })).toEqual(["a-b", "a/", "a0"]);
    expect(await keysOf(adapter, "a/", { delimiter: "/" })).toEqual(["a/1", "a/2/"]);
    expect(await keysOf(adapter, "c/d/", { delimiter: "/" })).toEqual(["c/d/e/"]);
    const [object, prefix] = await listed(adapter, "a/", { delimiter: "/" });
    expect(object).toMatchObject({ key: "a/1", size: 1 });
    expect(object?.prefix ?? false).toBe(false);
    expect(prefix).toEqual({ key: "a/2/", size: 0, etag: "", prefix: true });
    await adapter.delete("c/d/e/f");
    expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["a-b", "a/", "a0", "b"]);
  },

  async "a page of one"({ adapter }: Subject): Promise<void> {
    const keys = ["a-b", "a/1", "a/2", "b/1", "b/2", "b/3", "c"];
    for (const key of keys) await adapter.write(key, body("x"));
    expect(await keysOf(adapter, "", { pageSize: 1 })).toEqual(keys);
    expect(await keysOf(adapter, "b/", { pageSize: 1 })).toEqual(["b/1", "b/2", "b/3"]);
    expect(await keysOf(adapter, "", { pageSize: 1, delimiter: "/" })).toEqual(["a-b", "a/", "b/", "c"]);
    for (const pageSize of [2, 3, 6, 7, 8]) expect(await keysOf(adapter, "", { pageSize })).toEqual(keys);
  },

  async "more than 1,000 keys"({ adapter }: Subject): Promise<void> {
    const keys = Array.from({ length: 1_050 }, (_, i) => `${i % 7}/${String(i).padStart(5, "0")}`);
    await sideBySide(keys, (key) => adapter.write(key, body(key)));
    keys.sort();
    expect(await keysOf(adapter)).toEqual(keys);
    expect(await keysOf(adapter, "", { pageSize: 99 })).toEqual(keys);
    expect(await keysOf(adapter, "3/")).toEqual(keys.filter((key) => key.startsWith("3/")));
    expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["0/", "1/", "2/", "3/", "4/", "5/", "6/"]);
  },

  async "a listing says of an object what stat says"({ adapter }: Subject): Promise<void> {
    await adapter.write("a/b", body("12345"));
    await adapter.write("a/c", body(""));
    await adapter.write("a/b", body("1234567"));
    for (const { key, size, etag, modified } of await listed(adapter, "a/")) {
      expect(await adapter.stat(key)).toMatchObject({ key, size, etag });
      if (modified !== undefined) expect(modified).toBeInstanceOf(Date);
    }
  },
};
