import type { StorageAdapter } from "@glacier/core";
import { expect } from "vitest";
import { body } from "../bodies.ts";
import { failure, keysOf, listed, textOf } from "../calls.ts";
import type { Subject } from "../subject.ts";

export const keys = {
  async "keys with spaces"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, [" ", "a b", "a  b", " a/ b", "a /b ", "a\u00a0b", "a\u3000b"]);
  },

  async "keys in every script, with emoji"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, ["naïve", "данные/строка", "数据/日本語", "مرحبا", "😀", "👩‍👩‍👧/x", "\uffee", "𝒳"]);
  },

  async "two spellings of one character (NFC, NFD) are two keys"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, ["caf\u00e9/x", "cafe\u0301/x", "\u212b", "\u00c5", "A\u030a"]);
  },

  async "keys that differ in case only are two keys"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, ["Report/A.csv", "report/a.csv", "report/A.csv", "REPORT/a.csv"]);
  },

  async "%2F and other escapes stay as they are"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, [
      "a%2Fb",
      "a%2fb",
      "%",
      "%25",
      "%252F",
      "%00",
      "%2e%2e/b",
      "%2e%2e%2fb",
      "100%",
      "a%20b",
    ]);
  },

  async "keys with + # ? & and other signs of a URL"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, [
      "a+b",
      "a#b",
      "a?b=c&d",
      "+#?&",
      "a=b;c,d",
      "a:b@c",
      "$!~*()[]{}^|`",
      "?",
      "#/x",
      "&amp;",
    ]);
  },

  async "keys with quotes, angle brackets and backslashes"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, [
      "it's",
      '"quoted"',
      "a<b>c",
      "a\\b",
      "\\",
      "..\\a",
      "'; drop table objects; --",
      "a\\u0041",
    ]);
  },

  async "keys with dots"({ adapter }: Subject): Promise<void> {
    await expectKept(adapter, ["...", ".hidden", "a/.../b", "..a/b..", "a./b", ".a/.b", "file.tar.gz"]);
  },

  async "keys of 1,000 bytes work; 1,024 too, or they are refused"({ adapter }: Subject): Promise<void> {
    const folders = `${"é".repeat(50)}/${`${"x".repeat(99)}/`.repeat(7)}`;
    const long = (bytes: number): string => folders + "n".repeat(bytes - Buffer.byteLength(folders));
    expect(Buffer.byteLength(long(1_000))).toBe(1_000);
    await expectKept(adapter, [long(1_000), long(999), long(900), "n".repeat(200)]);
    // A resource's own prefix counts to the backend's limit.
    const written = await adapter
      .write(long(1_024), body("x"))
      .catch((error) => failure(Promise.reject(error), "KEY_INVALID"));
    const isThere = (await keysOf(adapter)).includes(long(1_024));
    expect(isThere).toBe(!(written instanceof Error));
    if (isThere) expect(await textOf(adapter, long(1_024))).toBe("x");
  },

  async "a key and a key below it: both are kept, or the second is refused"({ adapter }: Subject): Promise<void> {
    for (const [first, second] of [
      ["a", "a/b"],
      ["c/d", "c"],
    ] as const) {
      await adapter.write(first, body("first"));
      const refused = await adapter.write(second, body("second")).then(
        () => false,
        (error) => failure(Promise.reject(error), "KEY_INVALID").then(() => true),
      );
      expect(await textOf(adapter, first)).toBe("first");
      if (!refused) expect(await textOf(adapter, second)).toBe("second");
      expect(await keysOf(adapter, first[0])).toEqual(refused ? [first] : [first, second].sort());
      // A free key again, whatever was below it.
      await adapter.delete(first);
      await adapter.delete(second);
      await adapter.write(second, body("alone"));
      expect(await keysOf(adapter, first[0])).toEqual([second]);
    }
  },

  async "keys that leave the root are refused"({ adapter, make }: Subject): Promise<void> {
    // Core hands over no such key; this is the second wall.
    await adapter.write("a", body("x"));
    const other = await make();
    for (const key of [
      "",
      "..",
      ".",
      "/",
      "/a",
      "/etc/passwd",
      "../a",
      "../../a",
      "a/../b",
      "a/../../b",
      "./a",
      "a/..",
      "a\0b",
      "a\nb",
    ]) {
      await failure(adapter.write(key, body("x")), "KEY_INVALID");
      await failure(adapter.read(key), "KEY_INVALID");
      await failure(adapter.stat(key), "KEY_INVALID");
      await failure(adapter.delete(key), "KEY_INVALID");
      if (adapter.copy !== undefined) {
        await failure(adapter.copy("a", key), "KEY_INVALID");
        await failure(adapter.copy(key, "b"), "KEY_INVALID");
      }
    }
    expect(await keysOf(adapter)).toEqual(["a"]);
    for (const prefix of ["../", "/", "..", "a/../", "./"]) expect(await listed(adapter, prefix), prefix).toEqual([]);
    expect(await listed(other)).toEqual([]);
  },
};

/** Writes an object under each key, and finds each in every way there is. */
async function expectKept(adapter: StorageAdapter, all: readonly string[]): Promise<void> {
  for (const key of all) expect((await adapter.write(key, body(`content of ${key}`))).key).toBe(key);
  const sorted = [...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(await keysOf(adapter)).toEqual(sorted);
  for (const key of all) {
    expect(await textOf(adapter, key), key).toBe(`content of ${key}`);
    expect((await adapter.stat(key)).key).toBe(key);
    expect(await keysOf(adapter, key)).toEqual(sorted.filter((other) => other.startsWith(key)));
  }
  expect(new Set(all.map((key) => adapter.uri(key))).size, "each key has a uri of its own").toBe(all.length);
  for (const key of all.slice(1)) await adapter.delete(key);
  expect(await keysOf(adapter)).toEqual(all.slice(0, 1));
}
