import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { body, failure, keysOf, scratch, textOf } from "../../testing/storage.ts";
import { localFs } from "./adapter.ts";

function setUp() {
  const outside = scratch();
  const root = join(scratch(), "root");
  mkdirSync(join(root, "real"), { recursive: true });
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(root, "real/file"), "inside");
  return { outside, root, adapter: localFs({ kind: "localFs", basePath: root }) };
}

test("a symlink out of the root is refused, whatever the call, and never listed", async () => {
  const { outside, root, adapter } = setUp();
  symlinkSync(outside, join(root, "folder"));
  symlinkSync(join(outside, "secret"), join(root, "object"));
  symlinkSync("../../..", join(root, "up"));
  for (const key of ["folder/secret", "folder/deep/new", "object", "up/etc/passwd"]) {
    await failure(adapter.read(key), "KEY_INVALID");
    await failure(adapter.stat(key), "KEY_INVALID");
    await failure(adapter.write(key, body("x")), "KEY_INVALID");
    await failure(adapter.write(key, body("x"), { ifNoneMatch: "*" }), "KEY_INVALID");
    await failure(adapter.delete(key), "KEY_INVALID");
    await failure(adapter.copy?.(key, "copy") ?? Promise.resolve(), "KEY_INVALID");
    await failure(adapter.copy?.("real/file", key) ?? Promise.resolve(), "KEY_INVALID");
  }
  expect(await keysOf(adapter)).toEqual(["real/file"]);
  expect(await keysOf(adapter, "folder/")).toEqual([]);
  expect(readdirSync(outside)).toEqual(["secret"]);
  expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
});

test("a folder beside the root with the same beginning of its name is outside", async () => {
  const { root, adapter } = setUp();
  mkdirSync(`${root}-other`);
  writeFileSync(`${root}-other/f`, "x");
  symlinkSync(`${root}-other`, join(root, "other"));
  await failure(adapter.read("other/f"), "KEY_INVALID");
});

test("symlinks inside the root work", async () => {
  const { root, adapter } = setUp();
  symlinkSync("real", join(root, "alias"));
  symlinkSync("real/file", join(root, "object"));
  expect(await textOf(adapter, "alias/file")).toBe("inside");
  expect(await textOf(adapter, "object")).toBe("inside");
  await adapter.write("object", body("through"));
  expect(await textOf(adapter, "real/file")).toBe("through");
  await adapter.write("alias/new", body("x"));
  expect(await keysOf(adapter)).toEqual(["alias/file", "alias/new", "object", "real/file", "real/new"]);
  await adapter.delete("object");
  expect(await textOf(adapter, "real/file")).toBe("through");
});

test("a loop of symlinks ends, a dangling one is no object and is replaced by a write", async () => {
  const { root, outside, adapter } = setUp();
  symlinkSync(".", join(root, "real/again"));
  symlinkSync("self", join(root, "self"));
  symlinkSync(join(outside, "not-there"), join(root, "dangling"));
  expect(await keysOf(adapter)).toEqual(["real/file"]);
  await failure(adapter.read("dangling"), "NOT_FOUND");
  await adapter.write("dangling", body("mine"));
  expect(existsSync(join(outside, "not-there"))).toBe(false);
  expect(await textOf(adapter, "dangling")).toBe("mine");
});

test("a base folder that is itself a symlink is fine; one that doesn't exist is empty", async () => {
  const { root } = setUp();
  const link = join(scratch(), "link");
  symlinkSync(root, link);
  expect(await textOf(localFs({ kind: "localFs", basePath: link }), "real/file")).toBe("inside");
  const absent = localFs({ kind: "localFs", basePath: join(root, "not/there") });
  expect(await keysOf(absent)).toEqual([]);
  await failure(absent.stat("k"), "NOT_FOUND");
  await absent.delete("k");
  expect(existsSync(join(root, "not"))).toBe(false);
});

test("a pipe is no object, and reading it doesn't hang", async () => {
  const { root, adapter } = setUp();
  execFileSync("mkfifo", [join(root, "pipe")]);
  await failure(adapter.read("pipe"), "NOT_FOUND");
  expect(await keysOf(adapter)).toEqual(["real/file"]);
});
