import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { isGlacierError } from "@glacier/core";
import { compareUtf8 } from "@glacier/core/adapter";
import fc from "fast-check";
import { expect, test } from "vitest";
import { body, keysOf, scratch, textOf } from "../../testing/storage.ts";
import { localFs } from "./adapter.ts";
import { keySegments } from "./key.ts";

const nasty = fc.constantFrom(
  "..",
  ".",
  "",
  "/",
  "\\",
  "\0",
  "a",
  "~",
  "%2e%2e",
  "%2F",
  "é",
  "e\u0301",
  "😀",
  " ",
  "C:",
  ".glacier~T~",
  "\ud800",
);
const anyKey = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(fc.oneof(nasty, fc.string({ maxLength: 5 })), { maxLength: 6 }).map((parts) => parts.join("/")),
  fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join("")),
);

test("a key that is accepted stays below the root, on every platform's rules", () => {
  fc.assert(
    fc.property(anyKey, fc.constantFrom("linux" as const, "win32" as const), (key, platform) => {
      let segments: string[];
      try {
        segments = keySegments(key, platform);
      } catch (error) {
        expect(isGlacierError(error, "KEY_INVALID")).toBe(true);
        return;
      }
      expect(segments.join("/")).toBe(key);
      expect(posix.normalize(`/root/${key}`)).toBe(`/root/${key}`);
      if (platform === "win32") expect(key).not.toMatch(/[\\:]/);
    }),
    { numRuns: 5_000 },
  );
});

test("whatever the key, a write lands below the root and comes back, or is KEY_INVALID and leaves nothing", async () => {
  const parent = scratch();
  const root = join(parent, "root");
  const adapter = localFs({ kind: "localFs", basePath: root });
  await fc.assert(
    fc.asyncProperty(anyKey, async (key) => {
      try {
        await adapter.write(key, body("content"));
      } catch (error) {
        expect(isGlacierError(error, "KEY_INVALID"), String(error)).toBe(true);
        expect(await keysOf(adapter)).toEqual([]);
        return;
      }
      expect(await textOf(adapter, key)).toBe("content");
      expect(await keysOf(adapter)).toEqual([key]);
      expect(existsSync(fileURLToPath(adapter.uri(key)))).toBe(true);
      expect(adapter.localPath?.(key)).toBe(fileURLToPath(adapter.uri(key)));
      await adapter.delete(key);
      expect(readdirSync(root)).toEqual([]);
      expect(readdirSync(parent)).toEqual(["root"]);
    }),
    { numRuns: 300 },
  );
}, 60_000);

test("the order of keys is that of their UTF-8 bytes", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2_000 },
  );
});

test.each(["a\\b", "a:b", "CON", "a/nul.txt", "a.", "a ", "com1", "a<b"])("Windows refuses %j", (key) => {
  expect(() => keySegments(key, "win32")).toThrow();
  expect(keySegments(key, "linux").join("/")).toBe(key);
});
