import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finish, start } from "../../testing/child.ts";
import { failure, scratch } from "../../testing/storage.ts";
import { freshTime } from "./etag.ts";
import { look, takeOver, withLock } from "./lock.ts";
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

test("processes never hold it together, also while others are killed with the lock in hand", async () => {
  const folder = scratch();
  writeFileSync(join(folder, "counter"), "0");
  const fixture = new URL("./fixtures/locker.ts", import.meta.url);
  const counting = Array.from({ length: 4 }, () => finish(start(fixture, folder, "300")));
  const killed = (async () => {
    for (let i = 0; i < 8; i++) await once(start(fixture, folder, "0"), "exit");
  })();
  await Promise.all([...counting, killed]);
  expect(await withLock(join(folder, "lock"), () => readFileSync(join(folder, "counter"), "utf8"))).toBe("1200");
  expect(readdirSync(folder)).toEqual(["counter"]);
}, 60_000);

test("the time that tells versions apart never stands still, to the microsecond", () => {
  const times = Array.from({ length: 10_000 }, () => Math.round(freshTime() * 1e6));
  expect(new Set(times).size).toBe(10_000);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("a takeover that comes late removes neither a newer lock nor one that another is taking over", () => {
  const path = join(scratch(), "lock");
  writeFileSync(path, "0badc0de 1 0");
  const stale = look(path);
  if (stale === undefined) throw new Error("no lock");
  writeFileSync(`${path}~`, `${host} ${process.ppid} 0`); // another is at it
  takeOver(path, stale, 60_000);
  expect(existsSync(path)).toBe(true);
  rmSync(`${path}~`);
  rmSync(path);
  writeFileSync(path, `${host} ${process.ppid} 1`); // and has the lock now
  takeOver(path, stale, 60_000);
  expect(existsSync(path)).toBe(true);
  takeOver(path, look(path) ?? stale, 60_000);
  expect(existsSync(path)).toBe(false);
});
