import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { StorageAdapter } from "@glacier/core";
import { onTestFinished } from "vitest";
import { bytesOf } from "../calls.ts";
import type { Reference } from "./reference.ts";

/** The reference adapter with signed URLs, answered by a server on loopback until the test ends. */
export async function served({ adapter }: Reference): Promise<StorageAdapter> {
  const sign = (method: string, key: string): string =>
    createHmac("sha256", "a secret").update(`${method} ${key}`).digest("hex");
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const key = decodeURIComponent(url.pathname.slice(1));
    if (url.searchParams.get("signature") !== sign(request.method ?? "", key)) return response.writeHead(403).end();
    try {
      response.end(request.method === "PUT" ? (await adapter.write(key, request)).etag : await bytesOf(adapter, key));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return {
    ...adapter,
    signedUrl: async (key, { method = "GET" }) =>
      `http://127.0.0.1:${port}/${encodeURIComponent(key)}?signature=${sign(method, key)}`,
  };
}
