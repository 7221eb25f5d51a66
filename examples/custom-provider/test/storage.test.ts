import { createStore } from "@glacier/core";
import { testStorage } from "@glacier/testkit";
import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { chunkSize } from "../src/chunks.ts";
import { redisStorage } from "../src/storage.ts";
import { onRedis } from "./redis-server.ts";

await onRedis(({ url, password, emptyStorage }) => {
  testStorage("redis storage", {
    create: () => redisStorage(emptyStorage()),
    thresholds: [chunkSize],
    maxBuffered: 4 * chunkSize,
    credentials: [password],
  });

  describe("errors say what is wrong with the server", () => {
    test("a wrong password: PERMISSION_DENIED", async () => {
      const adapter = redisStorage(
        emptyStorage(),
        (url) => createClient({ url, password: "wrong" }).connect() as never,
      );
      await expect(adapter.stat("k")).rejects.toMatchObject({ code: "PERMISSION_DENIED", retryable: false });
    });

    test("nobody listens: UNAVAILABLE, which core repeats", async () => {
      const adapter = redisStorage({ kind: "redis", url: "redis://127.0.0.1:1" });
      await expect(adapter.stat("k")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    });

    test("no memory left: STORAGE_FULL, and nothing is published", async () => {
      const adapter = redisStorage(emptyStorage());
      const admin = await createClient({ url, password }).connect();
      onTestFinished(async () => {
        await admin.configSet("maxmemory", "0");
        admin.destroy();
      });
      await admin.configSet("maxmemory", "1");
      await expect(adapter.write("k", once("x"))).rejects.toMatchObject({ code: "STORAGE_FULL" });
      await admin.configSet("maxmemory", "0");
      await expect(adapter.stat("k")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    test("a password in the url: OPTION_INVALID, without the password", () => {
      expect(() => redisStorage({ kind: "redis", url: "redis://me:hush@localhost" })).toThrow(
        /^(?!.*hush).*without user and password/,
      );
    });
  });

  test.each([{ url: 6379 }, { url: "http://localhost" }, { prefix: ["a"] }])("wrong in a config: %j", (options) => {
    expect(() => redisStorage({ kind: "redis", ...options } as never)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });

  test("a version that was published stays whole, also when redis's answer is lost", async () => {
    const resource = emptyStorage();
    const client = await createClient({ url, password }).connect();
    onTestFinished(() => client.destroy());
    const runScript = client.eval.bind(client);
    const lost = async (...call: Parameters<typeof runScript>) => {
      await runScript(...call);
      throw new Error("Socket closed unexpectedly");
    };
    const adapter = redisStorage(resource, async () => Object.assign(client, { eval: lost }) as never);
    await expect(adapter.write("k", once("kept"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(Buffer.from(await createStore(redisStorage(resource)).readBytes("k")).toString()).toBe("kept");
  });

  test("chunks of replaced and deleted versions expire", async () => {
    const resource = emptyStorage();
    const adapter = redisStorage(resource);
    const admin = await createClient({ url, password }).connect();
    onTestFinished(() => admin.destroy());
    const ttls = async (): Promise<number[]> => {
      const names = await admin.keys(`${resource.prefix}:data:*`);
      return (await Promise.all(names.map((name) => admin.ttl(name)))).map(Math.sign).sort();
    };
    await adapter.write("k", once("1"));
    expect(await ttls()).toEqual([-1]);
    await adapter.write("k", once("2"));
    expect(await ttls()).toEqual([-1, 1]);
    await adapter.delete("k");
    expect(await ttls()).toEqual([1, 1]);
  });
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
