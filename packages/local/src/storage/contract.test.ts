import { MessageChannel } from "node:worker_threads";
import type { StorageAdapter } from "@glacier/core";
import { testStorage } from "@glacier/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { body, bytesOf, failure, keysOf, scratch } from "../testing/storage.ts";
import { localFs, memory, portChannel, remoteMemory, serveMemory } from "./index.ts";

const adapters = {
  localFs: () => localFs({ kind: "localFs", basePath: scratch() }),
  memory: () => memory({ kind: "memory" }),
  "memory of another thread": () => {
    const { port1, port2 } = new MessageChannel();
    const here = memory({ kind: "memory" });
    serveMemory(portChannel(port1), () => here);
    onTestFinished(() => port1.close());
    return remoteMemory(portChannel(port2))({ kind: "memory" });
  },
} satisfies Record<string, () => StorageAdapter>;

/** Small chunks are gathered up to this size, and what is larger is read in chunks of it. */
const gather = 256 * 1024;

testStorage("localFs", { create: adapters.localFs, thresholds: [gather], maxBuffered: 1024 * 1024, credentials: [] });

for (const title of ["memory", "memory of another thread"] as const) {
  testStorage(title, {
    create: adapters[title],
    credentials: [],
    skip: {
      "a write holds no more of a larger body than it may": "The objects themselves are in this process's memory.",
    },
  });
}

/** What these adapters promise beyond the contract. */
describe.each(Object.entries(adapters))("%s", (_, make) => {
  test("whoever reads may write into the chunks", async () => {
    const adapter = make();
    const bytes = Buffer.alloc(700_000, 1);
    await adapter.write("k", body(bytes));
    for await (const chunk of (await adapter.read("k")).body) chunk.fill(9);
    expect((await bytesOf(adapter, "k")).equals(bytes)).toBe(true);
  });

  test("an open read goes on with its version while the object is replaced or deleted", async () => {
    const adapter = make();
    const { etag } = await adapter.write("k", body(Buffer.alloc(4_000_000, 1)));
    const { body: stream } = await adapter.read("k", { ifMatch: etag });
    await adapter.write("k", body(Buffer.alloc(4_000_000, 2)));
    await adapter.delete("k");
    let sum = 0;
    for await (const chunk of stream) sum += chunk.reduce((total, byte) => total + byte, 0);
    expect(sum).toBe(4_000_000);
  });

  test("a write that is refused before it begins closes its body", async () => {
    const adapter = make();
    let closed = 0;
    const never: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => ({ done: true, value: closed++ }),
      }),
    };
    await failure(adapter.write("../k", never), "KEY_INVALID");
    await failure(adapter.write("k", never, { signal: AbortSignal.abort() }), "CANCELLED");
    expect(closed).toBe(2);
  });

  test.each(["a//b", "a/", "\ud800", "a\u007f"])("refuses the key %j", async (key) => {
    const adapter = make();
    await failure(adapter.read(key), "KEY_INVALID");
    await failure(adapter.write(key, body("x")), "KEY_INVALID");
    await failure(adapter.stat(key), "KEY_INVALID");
    await failure(adapter.delete(key), "KEY_INVALID");
    expect(await keysOf(adapter)).toEqual([]);
  });
});
