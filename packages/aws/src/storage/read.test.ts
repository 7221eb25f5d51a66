import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { storage } from "@glacier/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { s3 } from "./index.ts";

const server = createServer((_request, response) => {
  response.writeHead(200, { etag: '"e"', "content-length": 6 });
  response.write("abc");
  answered(response);
});
let answered: (response: ServerResponse) => void = () => {};

beforeEach(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "key");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await once(server.listen(0, "127.0.0.1"), "listening");
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("a server that falls silent in the middle of an object", () => {
  it("ends the read when somebody waits", async () => {
    const { chunks } = await half();
    const next = chunks.next().catch((error: unknown) => error);
    vi.advanceTimersByTime(119_000);
    expect(await Promise.race([next, "waits"])).toBe("waits");
    vi.advanceTimersByTime(1000);
    const error = (await next) as Error;
    expect(error).toMatchObject({ code: "UNAVAILABLE" });
    expect(error.message).toContain("no more bytes came for 120 s");
  });

  it("ends nothing while nobody reads", async () => {
    const { chunks, response } = await half();
    vi.advanceTimersByTime(3_600_000);
    response.end("def");
    expect(String((await chunks.next()).value)).toBe("def");
  });
});

/** A read that has its first half, and the server's side of it. */
async function half(): Promise<{ chunks: AsyncIterator<Uint8Array>; response: ServerResponse }> {
  const response = new Promise<ServerResponse>((resolve) => {
    answered = resolve;
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const adapter = s3(storage.s3({ bucket: "b", endpoint, forcePathStyle: true }));
  const { body } = await adapter.read("k");
  const chunks = body[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe("abc");
  return { chunks, response: await response };
}
