import { fork } from "node:child_process";
import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { body, failure, keysOf, textOf } from "../../testing/storage.ts";
import { localFs, memory, portChannel, processChannel, remoteMemory, serveMemory } from "../index.ts";

const execArgv = ["--conditions=@glacier/source"];
const expected = { input: "from here", metadata: { owner: "me" }, missing: true, keys: ["counter", "input", "output"] };

async function setUp() {
  const adapter = memory({ kind: "memory" });
  await adapter.write("input", body("from ", "here"), { metadata: { owner: "me" } });
  await adapter.write("counter", body("0"));
  return adapter;
}

test("worker threads read and write this thread's memory", async () => {
  const adapter = await setUp();
  const workers = [1, 2].map(() => {
    const { port1, port2 } = new MessageChannel();
    serveMemory(portChannel(port1), () => adapter);
    return new Worker(new URL("./fixtures/worker.ts", import.meta.url), {
      workerData: port2,
      transferList: [port2],
      execArgv,
    });
  });
  const reports = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
  expect(reports).toEqual([expected, expected]);
  expect(await textOf(adapter, "output")).toBe("from elsewhere");
  expect(await textOf(adapter, "counter")).toBe("20");
  expect((await adapter.stat("output")).contentType).toBe("text/plain");
}, 30_000);

test("child processes do, too", async () => {
  const adapter = await setUp();
  const child = fork(new URL("./fixtures/child.ts", import.meta.url), { execArgv, serialization: "advanced" });
  onTestFinished(() => void child.kill("SIGKILL"));
  serveMemory(processChannel(child), () => adapter);
  const report = await new Promise((resolve) =>
    child.on("message", (message: object) => "input" in message && resolve(message)),
  );
  expect(report).toEqual(expected);
  expect(await textOf(adapter, "counter")).toBe("10");
  expect(await textOf(adapter, "output")).toBe("from elsewhere");
}, 30_000);

test("a write whose body throws elsewhere publishes nothing here", async () => {
  const adapter = await setUp();
  const { port1, port2 } = new MessageChannel();
  serveMemory(portChannel(port1), () => adapter);
  const remote = remoteMemory(portChannel(port2))({ kind: "memory" });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new RangeError("mine");
  }
  await expect(remote.write("input", broken())).rejects.toThrow("mine");
  expect(await textOf(adapter, "input")).toBe("from here");
  port1.close();
});

test("the other end gone: UNAVAILABLE, before and during a call", async () => {
  const { port1, port2 } = new MessageChannel();
  const remote = remoteMemory(portChannel(port2))({ kind: "memory" });
  const waiting = failure(remote.stat("k"), "UNAVAILABLE");
  port1.close();
  expect((await waiting).retryable).toBe(false);
  await failure(remote.stat("k"), "UNAVAILABLE");
});

test("an adapter that isn't this package's memory: UNSUPPORTED", async () => {
  const { port1, port2 } = new MessageChannel();
  serveMemory(portChannel(port1), () => localFs({ kind: "localFs", basePath: "/nowhere" }));
  await failure(remoteMemory(portChannel(port2))({ kind: "memory", name: "m" }).stat("k"), "UNSUPPORTED");
  port1.close();
});

test("resources of one name share their objects, unnamed ones don't", async () => {
  const name = `shared-${Math.random()}`;
  await memory({ kind: "memory", name }).write("k", body("x"));
  expect(await keysOf(memory({ kind: "memory", name }))).toEqual(["k"]);
  expect(await keysOf(memory({ kind: "memory", name: `${name}2` }))).toEqual([]);
  await memory({ kind: "memory" }).write("k", body("x"));
  expect(await keysOf(memory({ kind: "memory" }))).toEqual([]);
});

test("keeps contentType and metadata, not the caller's object", async () => {
  const adapter = memory({ kind: "memory" });
  const metadata = { a: "1" };
  await adapter.write("k", body("x"), { contentType: "text/csv", metadata });
  metadata.a = "2";
  expect(await adapter.stat("k")).toMatchObject({ contentType: "text/csv", metadata: { a: "1" } });
  expect(adapter.uri("a b/c?")).toBe("memory:///a%20b/c%3F");
});
