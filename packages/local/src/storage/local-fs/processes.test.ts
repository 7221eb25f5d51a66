import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { finish, start } from "../../testing/child.ts";
import { body, bytesOf, keysOf, scratch, textOf } from "../../testing/storage.ts";
import { localFs } from "./adapter.ts";
import { reserved } from "./key.ts";
import { host, lockName } from "./temp.ts";

const fixture = (name: string): URL => new URL(`./fixtures/${name}.ts`, import.meta.url);

test("of racing creators in 5 processes one wins", async () => {
  const basePath = scratch();
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, (_, i) => finish(start(fixture("creator"), basePath, `${i}`))),
  );
  expect(outcomes.sort()).toEqual([
    "PRECONDITION_FAILED",
    "PRECONDITION_FAILED",
    "PRECONDITION_FAILED",
    "PRECONDITION_FAILED",
    "won",
  ]);
  expect(await keysOf(localFs({ kind: "localFs", basePath }))).toEqual(["one"]);
}, 60_000);

test("5 processes × 10 increments make exactly 50", async () => {
  const basePath = scratch();
  const adapter = localFs({ kind: "localFs", basePath });
  await adapter.write("counter", body("0"));
  await Promise.all(Array.from({ length: 5 }, () => finish(start(fixture("counter"), basePath, "10"))));
  expect(await textOf(adapter, "counter")).toBe("50");
  expect(readdirSync(basePath)).toEqual(["counter"]);
}, 60_000);

test("kill -9 at random moments leaves the old or the new content, nothing else to see, and no lasting junk", async () => {
  const basePath = scratch();
  const adapter = localFs({ kind: "localFs", basePath });
  const junk: number[] = [];
  for (let round = 0; round < 30; round++) {
    const child = start(fixture("rewriter"), basePath);
    await once(child.stdout ?? child, "data");
    await delay(Math.random() * 15);
    child.kill("SIGKILL");
    await once(child, "exit");
    const bytes = await bytesOf(adapter, "folder/object");
    expect(bytes.length).toBe(300_000);
    expect(bytes.equals(Buffer.alloc(300_000, bytes[0]))).toBe(true);
    expect(await keysOf(adapter)).toEqual(["folder/object"]);
    junk.push(readdirSync(join(basePath, "folder")).length - 1);
    await adapter.write("folder/object", body("healed"));
    expect(readdirSync(join(basePath, "folder"))).toEqual(["object"]);
  }
  expect(Math.max(...junk)).toBeGreaterThan(0); // else no kill hit a write
}, 120_000);

test("a dead process's lock and temp file are cleared by the next write", async () => {
  const basePath = scratch();
  const adapter = localFs({ kind: "localFs", basePath });
  const { etag } = await adapter.write("k", body("old"));
  const gone = start(fixture("creator"), scratch(), "x");
  const pid = gone.pid ?? 0;
  await finish(gone);
  const temp = `${reserved}T~${host}~${pid}~0`;
  writeFileSync(join(basePath, temp), "half");
  writeFileSync(join(basePath, lockName("k")), `${host} ${pid} 0`);
  writeFileSync(join(basePath, `${lockName("k")}~`), `${host} ${pid} 1`); // died while it took over
  expect(await keysOf(adapter)).toEqual(["k"]);
  await adapter.write("k", body("new"), { ifMatch: etag });
  expect(readdirSync(basePath)).toEqual(["k"]);
  expect(statSync(join(basePath, "k")).size).toBe(3);
});

test("a living process's temp file stays", async () => {
  const basePath = scratch();
  const adapter = localFs({ kind: "localFs", basePath });
  const temp = `${reserved}T~${host}~${process.ppid}~0`;
  writeFileSync(join(basePath, temp), "half");
  await adapter.write("k", body("x"));
  expect(readdirSync(basePath).sort()).toEqual([temp, "k"].sort());
});
