import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http, { type IncomingMessage, type RequestListener, type Server } from "node:http";
import https from "node:https";
import type { AddressInfo, OnReadOpts, Socket } from "node:net";
import { Duplex, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

type Reading = typeof import("./connections.ts");
type Agents = { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent };

const bytes = randomBytes(3_000_000);
const kept = (chunks: readonly Uint8Array[]): string =>
  createHash("sha256").update(Buffer.concat(chunks)).digest("hex");
const expected = kept([bytes]);

let module: Reading;
let agents: Agents;
let server: Server;

beforeEach(async () => {
  largest = 0;
  vi.resetModules(); // what one body has shown is remembered
  module = await import("./connections.ts");
  const { clientConfig } = await import("./client.ts");
  const timeouts = { connectionTimeout: 1000, requestTimeout: 1000, throwOnRequestTimeout: true };
  agents = clientConfig(timeouts).requestHandler as Agents;
});
afterEach(async () => {
  vi.restoreAllMocks();
  agents.httpAgent.destroy();
  agents.httpsAgent.destroy();
  server?.close();
});

/** Sends the bytes in pieces of any size. */
const inPieces: RequestListener = async (_, response) => {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(Math.random() * 100_000);
    if (!response.write(bytes.subarray(at, at + length))) await once(response, "drain");
    at += length;
  }
  response.end();
};

async function listen(made: Server): Promise<{ host: string; port: number }> {
  server = made.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A turn of the event loop. */
const turn = (): Promise<void> => new Promise(setImmediate);

/** Of what a connection read at once. */
let largest = 0;

/** All chunks of an answer, as they came; `pause` lets the server go on between them. */
async function read(request: http.ClientRequest, pause?: () => Promise<unknown>): Promise<Uint8Array[]> {
  const [answer] = (await once(request.end(), "response")) as [IncomingMessage];
  module.watchBody(answer);
  const pushed = vi.spyOn(answer.socket, "push");
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) {
    chunks.push(chunk);
    if (pause !== undefined && chunks.length % 50 === 0) await pause();
  }
  largest = Math.max(largest, ...pushed.mock.calls.map(([chunk]) => chunk?.length ?? 0));
  return chunks;
}

describe("a connection of a client's own agents", () => {
  test("reads into the same memory again, once a body has shown that it is free", async () => {
    const to = { ...(await listen(http.createServer(inPieces))), agent: agents.httpAgent };
    const allocated = vi.spyOn(Buffer, "allocUnsafeSlow");
    await read(http.request(to));
    allocated.mockClear();
    const chunks = await read(http.request(to));
    expect(kept(chunks)).toBe(expected);
    expect(largest).toBe(8192);
    expect(allocated.mock.calls.length).toBeLessThan(5);
  });

  test("what is read stays as it came: many answers at once, quick and slow, on connections that are kept", async () => {
    const to = { ...(await listen(http.createServer(inPieces))), agent: agents.httpAgent };
    const answers = Array.from({ length: 60 }, (_, i) => read(http.request(to), i % 3 === 0 ? turn : undefined));
    for (const chunks of await Promise.all(answers)) expect(kept(chunks)).toBe(expected);
  });

  test("over TLS", async () => {
    // By a key that both know, so that no certificate is needed.
    const psk = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;
    const key = randomBytes(32);
    const to = await listen(https.createServer({ ...psk, pskCallback: () => key }, inPieces));
    for (let i = 0; i < 3; i++) {
      const trust = { pskCallback: () => ({ psk: key, identity: "test" }), checkServerIdentity: () => undefined };
      const request = https.request({ ...to, ...psk, ...trust, agent: agents.httpsAgent } as https.RequestOptions);
      const chunks = await read(request, i === 1 ? turn : undefined);
      expect(kept(chunks)).toBe(expected);
      expect(largest).toBe(8192);
    }
  });
});

describe("the memory of a connection", () => {
  const connect = (): {
    socket: Socket;
    onread: OnReadOpts;
    next: () => Uint8Array;
    arrive: (text: string) => Uint8Array;
  } => {
    let onread = undefined as unknown as OnReadOpts;
    const socket = module.reading((given) => {
      onread = given;
      return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    });
    const next = onread.buffer as () => Uint8Array;
    const arrive = (text: string): Uint8Array => {
      const memory = next();
      onread.callback(Buffer.from(memory.buffer).write(text), memory);
      return memory;
    };
    return { socket, onread, next, arrive };
  };

  /** An answer whose parser hands on what `parsed` makes of the socket's chunks. */
  const answerOf = (socket: Socket, parsed: (chunk: Buffer) => Buffer): Readable => {
    const answer = Object.assign(new Readable({ read() {} }), { socket });
    module.watchBody(answer);
    socket.on("data", (chunk) => answer.push(parsed(chunk)));
    return answer;
  };

  test("isn't used again before a body has come", async () => {
    const { socket, next, arrive } = connect();
    socket.on("data", () => {});
    await turn();
    const memory = arrive("HTTP/1.1 200 OK");
    expect(next()).not.toBe(memory);
  });

  test("is never used again where a body is part of it, also where its pieces are joined", async () => {
    const { socket, next, arrive } = connect();
    const answer = answerOf(socket, (chunk) => chunk);
    await turn();
    arrive("one,");
    arrive("two,");
    expect(String(answer.read())).toBe("one,two,");
    const memory = arrive("three,");
    expect(next()).not.toBe(memory);
    arrive("four");
    expect(String(answer.read())).toBe("three,four");
  });

  test("is used again where a body is a copy, unless it waits to be read", async () => {
    const { socket, next, arrive } = connect();
    const answer = answerOf(socket, (chunk) => Buffer.from(chunk));
    await turn();
    arrive("one ");
    let memory = arrive("two ");
    expect(next()).toBe(memory);
    socket.pause();
    memory = arrive("three ");
    expect(next()).not.toBe(memory);
    arrive("four");
    socket.resume();
    await turn();
    expect(String(answer.read())).toBe("one two three four");
  });

  test("isn't used again while somebody else listens to the connection", async () => {
    const { socket, next, arrive } = connect();
    answerOf(socket, (chunk) => Buffer.from(chunk));
    await turn();
    arrive("one");
    const heard: Buffer[] = [];
    socket.on("data", (chunk) => heard.push(chunk));
    const memory = arrive("two");
    expect(next()).not.toBe(memory);
    arrive("three");
    expect(heard.map(String)).toEqual(["two", "three"]);
  });

  test("isn't used again for what came on somebody else's connection", async () => {
    const { socket, next, arrive } = connect();
    const other = answerOf(new Duplex({ read() {} }) as Socket, (chunk) => chunk);
    other.push(Buffer.from("a copy"));
    socket.on("data", () => {});
    await turn();
    const memory = arrive("one");
    expect(next()).not.toBe(memory);
  });
});
