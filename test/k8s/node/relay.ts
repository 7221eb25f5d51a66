import { type ClientRequest, createServer, type ServerResponse } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestContext } from "vitest";

/** Stands between a client and an API server, and has the troubles that networks and servers have. */
export interface Relay {
  readonly url: string;
  /** `GET` and the paths of what is asked for, in order; `WATCH` for watches. */
  readonly asked: readonly string[];
  /** Ends every connection that is open. */
  drop(): void;
  /** Ends them, and answers none until it is called with false. */
  away(is: boolean): void;
  /** Ends them, and answers the next watch of each path as a server does that has forgotten the version it begins at. */
  forget(): void;
  /** The next calls, but for watches, are cut off or answered with trouble, in turn. */
  trouble(calls: number): void;
  /** Waits until what is asked for since `from` has it. */
  until(from: number, what: RegExp): Promise<void>;
}

/** Ends with the test. */
export async function relay(server: string, { onTestFinished }: TestContext): Promise<Relay> {
  const open = new Set<{ answer: ServerResponse; call: ClientRequest }>();
  const asked: string[] = [];
  const waiting = new Set<() => void>();
  let isAway = false;
  const forgotten = new Set<string>();
  let forgets = false;
  let troubles = 0;
  const drop = () => {
    for (const { answer, call } of open) {
      call.destroy();
      answer.destroy();
    }
    open.clear();
  };
  const listener = createServer((asking, answer) => {
    if (isAway) return void asking.destroy();
    const url = new URL(asking.url ?? "", server);
    const watches = url.searchParams.has("watch");
    asked.push(`${watches ? "WATCH" : asking.method} ${url.pathname}`);
    for (const look of waiting) look();
    if (watches && forgets && !forgotten.has(url.pathname)) {
      forgotten.add(url.pathname);
      return void answer.writeHead(200, { "content-type": "application/json" }).end(expired);
    }
    if (!watches && troubles > 0) {
      const status = [undefined, 503, 429][troubles-- % 3];
      return void (status === undefined ? asking.destroy() : answer.writeHead(status).end());
    }
    const headers = { ...asking.headers, host: url.host };
    const call = request(url, { method: asking.method, headers, rejectUnauthorized: false }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answer.flushHeaders();
      answered.pipe(answer);
      answered.on("error", () => answer.destroy());
    });
    const connection = { answer, call };
    open.add(connection);
    answer.once("close", () => {
      open.delete(connection);
      call.destroy();
    });
    call.on("error", () => answer.destroy());
    asking.pipe(call);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    drop();
    listener.closeAllConnections();
    listener.close();
  });
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    asked,
    drop,
    away(is) {
      isAway = is;
      if (is) drop();
    },
    forget() {
      forgets = true;
      drop();
    },
    trouble(calls) {
      troubles = calls;
    },
    until(from, what) {
      return new Promise((resolve) => {
        const look = () => {
          if (!asked.slice(from).some((one) => what.test(one))) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses */
const expired = `${JSON.stringify({
  type: "ERROR",
  object: {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "too old resource version: 1 (2)",
    reason: "Expired",
    code: 410,
  },
})}\n`;
