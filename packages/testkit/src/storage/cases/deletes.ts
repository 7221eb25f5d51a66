import { isGlacierError } from "@glacier/core";
import { expect } from "vitest";
import { body } from "../bodies.ts";
import { failure, keysOf, sideBySide, textOf } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const deletes = {
  async "a deleted object is gone"({ adapter }: Subject): Promise<void> {
    await adapter.write("a/b", body("x"));
    await adapter.write("a/c", body("stays"));
    await adapter.delete("a/b");
    await failure(adapter.stat("a/b"), "NOT_FOUND");
    await failure(adapter.read("a/b"), "NOT_FOUND");
    expect(await keysOf(adapter)).toEqual(["a/c"]);
    expect(await textOf(adapter, "a/c")).toBe("stays");
  },

  async "deleting what isn't there is no error"({ adapter }: Subject): Promise<void> {
    await adapter.write("a/b", body("x"));
    await adapter.delete("never");
    await adapter.delete("never/in/a/folder");
    await adapter.delete("a");
    await adapter.delete("a/b/c");
    expect(await keysOf(adapter)).toEqual(["a/b"]);
    await adapter.delete("a/b");
    await adapter.delete("a/b");
  },

  async "a delete takes one key, not those that begin with it"({ adapter }: Subject): Promise<void> {
    for (const key of ["a-b", "a/b", "ab", "a/c/d"]) await adapter.write(key, body("x"));
    await adapter.delete("a");
    await adapter.delete("a/c");
    expect(await keysOf(adapter)).toEqual(["a-b", "a/b", "a/c/d", "ab"]);
  },

  async "deleteMany, where there is one: more than 1,000 keys"({ adapter }: Subject): Promise<void> {
    if (adapter.deleteMany === undefined) return;
    const keys = Array.from({ length: 1_050 }, (_, i) => `${i % 7}/${i}`);
    // Around the ends of what a backend takes at once; the rest isn't there, which is no error.
    const present = keys.filter((_, i) => i % 100 === 0 || i % 100 === 99 || i > 1_040);
    await sideBySide([...present, "stays", "0/stays"], (key) => adapter.write(key, body("x")));
    expect(await adapter.deleteMany(keys)).toEqual([]);
    expect(await keysOf(adapter)).toEqual(["0/stays", "stays"]);
  },

  async "deleteMany, where there is one: answers the keys that failed"({ adapter }: Subject): Promise<void> {
    if (adapter.deleteMany === undefined) return;
    for (const key of ["a", "b", "c & d", "e"]) await adapter.write(key, body("x"));
    const failed = await adapter.deleteMany(["a", "../b", "c & d", "a/../b", "missing"]);
    expect(failed.map(({ key }) => key).sort()).toEqual(["../b", "a/../b"]);
    for (const { error } of failed) expect(isGlacierError(error, "KEY_INVALID"), String(error)).toBe(true);
    expect(await keysOf(adapter)).toEqual(["b", "e"]);
    expect(await adapter.deleteMany([])).toEqual([]);
  },
};
