import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failure, scratch } from "../../testing/storage.ts";
import { withLock } from "./lock.ts";
import { host } from "./temp.ts";

test("holds the lock while it changes, and releases it also after a throw", async () => {
  const path = join(scratch(), "lock");
  expect(await withLock(path, () => existsSync(path))).toBe(true);
  expect(existsSync(path)).toBe(false);
  await expect(
    withLock(path, () => {
      throw new RangeError("mine");
    }),
  ).rejects.toThrow("mine");
  expect(existsSync(path)).toBe(false);
});

test("gives up on a living owner with UNAVAILABLE", async () => {
  const path = join(scratch(), "lock");
  writeFileSync(path, `${host} ${process.ppid} 0`);
  const patience = { wait: 20, lease: 60_000 };
  const error = await failure(
    withLock(path, () => "never", { patience }),
    "UNAVAILABLE",
  );
  expect(error.retryable).toBe(true);
  expect(existsSync(path)).toBe(true);
});

test.each([
  ["of another machine", "0badc0de 1 0"],
  ["of a thread that is gone", `${host} ${process.ppid} 0`],
  ["that was never filled in", ""],
])("takes over a lock %s once its lease is over", async (_, owner) => {
  const path = join(scratch(), "lock");
  writeFileSync(path, owner);
  expect(await withLock(path, () => "mine", { patience: { wait: 60_000, lease: 1 } })).toBe("mine");
});

test("a stale lock that many want is never held by two", async () => {
  const folder = scratch();
  const path = join(folder, "lock");
  writeFileSync(path, "0badc0de 1 0");
  let held = 0;
  await Promise.all(
    Array.from({ length: 50 }, () => withLock(path, () => held++, { patience: { wait: 60_000, lease: 5 } })),
  );
  expect(held).toBe(50);
  expect(readdirSync(folder)).toEqual([]);
});

test("an abort ends the wait", async () => {
  const path = join(scratch(), "lock");
  writeFileSync(path, `${host} ${process.ppid} 0`);
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  await failure(
    withLock(path, () => "never", { signal: controller.signal }),
    "CANCELLED",
  );
});
