import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finish, start } from "../../testing/child.ts";
import { mountReadOnly, mountRefusal, mountTmpfs } from "../../testing/mount.ts";
import { body, bytesOf, failure, keysOf, scratch, textOf } from "../../testing/storage.ts";
import { localFs } from "./adapter.ts";
import { storageError } from "./errors.ts";

const at = (basePath: string) => localFs({ kind: "localFs", basePath });

describe.skipIf(mountRefusal !== undefined)(
  `on real disks${mountRefusal === undefined ? "" : ` (can't mount here: ${mountRefusal})`}`,
  () => {
    test("a full disk: STORAGE_FULL, the old object stays, no temp file", async () => {
      const disk = mountTmpfs("size=1m");
      const adapter = at(disk);
      await adapter.write("k", body("old"));
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) yield Buffer.alloc(300_000, 1);
      }
      const error = await failure(adapter.write("k", endless()), "STORAGE_FULL");
      expect(error.message).toContain('"k"');
      await failure(adapter.write("new/folder/k", endless()), "STORAGE_FULL");
      await failure(adapter.write("new", endless(), { ifNoneMatch: "*" }), "STORAGE_FULL");
      expect(readdirSync(disk)).toEqual(["k"]);
      expect(await textOf(adapter, "k")).toBe("old");
      await adapter.write("fits", body(Buffer.alloc(700_000)));
      await failure(adapter.copy?.("fits", "second") ?? Promise.resolve(), "STORAGE_FULL");
      expect(readdirSync(disk).sort()).toEqual(["fits", "k"]);
    });

    test("a disk without inodes left: STORAGE_FULL", async () => {
      const adapter = at(mountTmpfs("size=1m,nr_inodes=3"));
      await adapter.write("a", body("x"));
      await failure(
        (async () => {
          for (let i = 0; i < 5; i++) await adapter.write(`n${i}`, body("x"));
        })(),
        "STORAGE_FULL",
      );
      expect(await textOf(adapter, "a")).toBe("x");
    });

    test("a read-only disk: PERMISSION_DENIED on writes, reads go on", async () => {
      const folder = scratch();
      await at(folder).write("k", body("here"));
      const adapter = at(mountReadOnly(folder));
      expect(await textOf(adapter, "k")).toBe("here");
      expect(await keysOf(adapter)).toEqual(["k"]);
      await failure(adapter.write("k", body("x")), "PERMISSION_DENIED");
      await failure(adapter.write("a/b", body("x")), "PERMISSION_DENIED");
      await failure(adapter.delete("k"), "PERMISSION_DENIED");
      await adapter.delete("missing");
    });
  },
);

test.skipIf(process.getuid?.() !== 0)(
  "a folder of another user: PERMISSION_DENIED (needs root to become another user)",
  async () => {
    const folder = scratch();
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "there"), "old");
    writeFileSync(join(folder, "secret"), "s");
    chownSync(join(folder, "secret"), 0, 0);
    chmodSync(join(folder, "secret"), 0o600);
    const outcome = await finish(start(new URL("./fixtures/attempt.ts", import.meta.url), folder, "65534"));
    expect(outcome).toBe("PERMISSION_DENIED PERMISSION_DENIED PERMISSION_DENIED done PERMISSION_DENIED");
    expect(readFileSync(join(folder, "there"), "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["secret", "there"]);
  },
);

test.each([
  ["ENOENT", "NOT_FOUND", false],
  ["EACCES", "PERMISSION_DENIED", false],
  ["EPERM", "PERMISSION_DENIED", false],
  ["EROFS", "PERMISSION_DENIED", false],
  ["ENOSPC", "STORAGE_FULL", false],
  ["EDQUOT", "STORAGE_FULL", false],
  ["EMFILE", "UNAVAILABLE", true],
  ["EBUSY", "UNAVAILABLE", true],
  ["EAGAIN", "UNAVAILABLE", true],
  ["ENAMETOOLONG", "KEY_INVALID", false],
  ["EIO", "STORAGE_FAILED", false],
] as const)("%s is %s", (errno, code, retryable) => {
  const cause = Object.assign(new Error(errno), { code: errno });
  const error = storageError(cause, { verb: "write", key: "raw/a.csv", base: "/data" });
  expect(error).toMatchObject({ code, retryable, context: { key: "raw/a.csv" } });
  expect(error.message).toContain("/data");
  expect(error.hint).not.toBe("");
});

test("a file changed in place while it is read with ifMatch: PRECONDITION_FAILED", async () => {
  const folder = scratch();
  const adapter = at(folder);
  const { etag } = await adapter.write("k", body(Buffer.alloc(5_000_000, 1)));
  for (const change of [
    () => appendFileSync(join(folder, "k"), "more"),
    () => truncateSync(join(folder, "k"), 3_000_000),
    () => writeFileSync(join(folder, "k"), Buffer.alloc(5_000_000, 2)),
  ]) {
    const now = await adapter.write("k", body(Buffer.alloc(5_000_000, 1)));
    expect(now.etag).not.toBe(etag);
    const { body: stream } = await adapter.read("k", { ifMatch: now.etag });
    const reading = (async () => {
      let bytes = 0;
      for await (const chunk of stream) {
        if (bytes === 0) change();
        bytes += chunk.length;
      }
    })();
    await failure(reading, "PRECONDITION_FAILED");
  }
});

test("a file cut short while it is read without ifMatch: STORAGE_FAILED, not a short answer", async () => {
  const folder = scratch();
  const adapter = at(folder);
  await adapter.write("k", body(Buffer.alloc(5_000_000, 1)));
  const { body: stream } = await adapter.read("k");
  const reading = (async () => {
    for await (const _chunk of stream) truncateSync(join(folder, "k"), 10);
  })();
  await failure(reading, "STORAGE_FAILED");
});

test("an early return closes the file", async () => {
  const folder = scratch();
  const adapter = at(folder);
  await adapter.write("k", body(Buffer.alloc(5_000_000, 1)));
  const openFiles = (): number => readdirSync("/proc/self/fd").length;
  const before = openFiles();
  for (let i = 0; i < 50; i++) {
    for await (const _chunk of (await adapter.read("k")).body) break;
    const { body: unread } = await adapter.read("k");
    await unread[Symbol.asyncIterator]().return?.();
    const controller = new AbortController();
    await adapter.read("k", { signal: controller.signal });
    controller.abort();
  }
  await bytesOf(adapter, "k");
  expect(openFiles()).toBeLessThan(before + 25);
});

test("a folder is no object, and an object is no folder", async () => {
  const folder = scratch();
  const adapter = at(folder);
  await adapter.write("a/b", body("x"));
  await failure(adapter.read("a"), "NOT_FOUND");
  await failure(adapter.stat("a"), "NOT_FOUND");
  await adapter.delete("a");
  await failure(adapter.write("a", body("x")), "KEY_INVALID");
  await failure(adapter.write("a", body("x"), { ifNoneMatch: "*" }), "KEY_INVALID");
  await failure(adapter.write("a/b/c", body("x")), "KEY_INVALID");
  await failure(adapter.write("a/b/c/d", body("x")), "KEY_INVALID");
  await failure(adapter.read("a/b/c"), "NOT_FOUND");
  await adapter.delete("a/b/c");
  expect(await keysOf(adapter)).toEqual(["a/b"]);
  mkdirSync(join(folder, "left/over/folders"), { recursive: true });
  expect(await keysOf(adapter, "", { delimiter: "/" })).toEqual(["a/"]);
});

test("a name too long for the disk: KEY_INVALID with a hint, before the body is read", async () => {
  const adapter = at(scratch());
  const key = "x".repeat(300);
  let pulled = false;
  async function* watched(): AsyncGenerator<Uint8Array> {
    pulled = true;
    yield Buffer.from("x");
  }
  expect((await failure(adapter.write(key, watched()), "KEY_INVALID")).hint).toContain("255");
  await failure(adapter.write(`${key}/b`, watched()), "KEY_INVALID");
  await failure(adapter.read(key), "KEY_INVALID");
  expect(pulled).toBe(false);
  await adapter.write("y".repeat(255), body("fits"));
  expect(await textOf(adapter, "y".repeat(255))).toBe("fits");
});
