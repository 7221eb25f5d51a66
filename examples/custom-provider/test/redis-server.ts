import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import type { RedisResource } from "../src/redis.ts";

/** A Redis server of this test file's own. */
export interface RedisServer {
  readonly url: string;
  readonly password: string;
  /** A storage that nothing was written to yet. */
  emptyStorage(): RedisResource;
}

/**
 * Starts a server that ends with this file's tests, and registers `suites` on it. Where redis-server is not installed they are
 * skipped; with `CI=true` that is a failure.
 */
export async function onRedis(suites: (server: RedisServer) => void): Promise<void> {
  const port = await freePort();
  const password = randomUUID();
  const child = spawn("redis-server", ["-"], { stdio: ["pipe", "pipe", "inherit"] });
  const failed = once(child, "error").then(() => "not installed");
  child.stdin.end(`bind 127.0.0.1\nport ${port}\nsave ""\nrequirepass ${password}\n`);
  if ((await Promise.race([ready(child.stdout), failed])) !== "ready") {
    test.skipIf(process.env["CI"] === undefined)("redis-server is installed", () =>
      expect.fail("install it, and run again"),
    );
    return;
  }
  afterAll(() => child.kill());
  process.env["REDIS_PASSWORD"] = password;
  const url = `redis://127.0.0.1:${port}`;
  suites({ url, password, emptyStorage: () => ({ kind: "redis", url, prefix: randomUUID() }) });
}

async function ready(output: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface({ input: output }))
    if (line.includes("Ready to accept connections")) return "ready";
  return "ended";
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
