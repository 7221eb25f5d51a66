import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as sdk from "@kubernetes/client-node";
import { onTestFinished } from "vitest";
import { type Cluster, openCluster } from "../src/executor/cluster.ts";

/** An answer in place of the server's own: a status with what an API server says, silence, or a connection that is cut. */
export type Answer = { readonly code: number; readonly reason?: string; readonly message?: string } | "silence" | "cut";

/** A call as it is asked: `POST jobs`, `DELETE jobs/a`, `WATCH pods`. */
export type Trouble = (call: string) => Answer | undefined;

/**
 * The part of an API server that runs of Jobs ask for, with troubles as a test wants them. It runs nothing: tests say what becomes of pods.
 */
export interface ApiServer {
  readonly cluster: Cluster;
  /** All calls so far. */
  readonly calls: readonly string[];
  trouble: Trouble;
  /** Called before each call, to sign in. */
  signIn: () => void;
  /** A pod's log. */
  log: string;
  /** Names of what is there: `jobs/a`. */
  names(): string[];
  /** What is there by that name. */
  get(name: string): Stored | undefined;
  /** Adds or changes a Job's pod. */
  pod(job: string, status: object): void;
  /** Changes a Job. */
  job(name: string, status: object): void;
  /** Ends all watches. */
  drop(): void;
}

interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: object;
}

/** Ends with the test. */
export async function apiServer(): Promise<ApiServer> {
  const objects = new Map<string, Stored>();
  const watches = new Map<ServerResponse, string>();
  const history: { readonly kind: string; readonly version: number; readonly line: string }[] = [];
  const calls: string[] = [];
  let version = 0;

  function store(kind: string, object: Stored, type = "MODIFIED"): Stored {
    const { name, uid = `u-${version}` } = object.metadata;
    const metadata = { ...object.metadata, namespace: "tasks", uid, resourceVersion: String(++version) };
    const stored = { ...object, metadata };
    if (type === "DELETED") objects.delete(`${kind}/${name}`);
    else objects.set(`${kind}/${name}`, stored);
    const line = `${JSON.stringify({ type, object: stored })}\n`;
    history.push({ kind, version, line });
    for (const [answer, watched] of watches) if (watched === kind) answer.write(line);
    return stored;
  }

  function answer(call: string, since: number, body: string, response: ServerResponse): void {
    const [verb = "", path = ""] = call.split(" ");
    const [kind = "", name] = path.split("/");
    const json = (code: number, content: object) =>
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(content));
    const refuse = (code: number, reason: string) => json(code, { kind: "Status", reason, code, message: reason });
    if (verb === "WATCH") {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      for (const one of history) if (one.kind === kind && one.version > since) response.write(one.line);
      watches.set(response, kind);
      response.once("close", () => watches.delete(response));
    } else if (verb === "POST") {
      const object = JSON.parse(body) as Stored;
      if (objects.has(`${kind}/${object.metadata.name}`)) refuse(409, "AlreadyExists");
      else json(201, store(kind, object, "ADDED"));
    } else if (name === undefined) {
      const items = [...objects].filter(([key]) => key.startsWith(`${kind}/`)).map(([, object]) => object);
      json(200, { metadata: { resourceVersion: String(version) }, items });
    } else if (path.endsWith("/log")) response.writeHead(200).end(server.log);
    else {
      const object = objects.get(path);
      if (object === undefined) return void refuse(404, "NotFound");
      if (verb === "DELETE") store(kind, object, "DELETED");
      json(200, object);
    }
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://localhost");
    const verb = url.searchParams.has("watch") ? "WATCH" : request.method;
    const call = `${verb} ${url.pathname.replace(/^.*\/namespaces\/tasks\//, "")}`;
    let body = "";
    for await (const part of request) body += part;
    calls.push(call);
    const since = Number(url.searchParams.get("resourceVersion"));
    const trouble = server.trouble(call);
    if (trouble === undefined) answer(call, since, body, response);
    else if (trouble === "cut") {
      // The call was heard all the same.
      answer(
        call,
        since,
        body,
        Object.assign(Object.create(response), { writeHead: () => ({ end() {}, flushHeaders() {} }) }),
      );
      request.socket.destroy();
    } else if (trouble !== "silence") {
      const { code } = trouble;
      response.writeHead(code, { "content-type": "application/json" });
      response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", ...trouble }));
    }
  }

  const listener = createServer((request, response) => void take(request, response).catch(() => {}));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    listener.closeAllConnections();
    listener.close();
  });
  const server: ApiServer = {
    cluster: await clusterAt(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`, () => server.signIn()),
    calls,
    trouble: () => undefined,
    signIn: () => {},
    log: "",
    get: (name) => objects.get(name),
    names: () => [...objects.keys()].sort(),
    pod(job, status) {
      const uid = objects.get(`jobs/${job}`)?.metadata.uid;
      const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name: job, uid }];
      const metadata = { name: `${job}-x`, ownerReferences, uid: `p-${job}` };
      store("pods", { metadata, status } as Stored);
    },
    job(name, status) {
      store("jobs", { ...(objects.get(`jobs/${name}`) as Stored), status });
    },
    drop() {
      for (const response of watches.keys()) response.destroy();
    },
  };
  return server;
}

/** A cluster at a URL, in namespace `tasks`, for which `signIn` is called before each call. */
function clusterAt(server: string, signIn: () => void): Promise<Cluster> {
  const config = new sdk.KubeConfig();
  config.addAuthenticator({ isAuthProvider: () => true, applyAuthentication: async () => signIn() });
  config.loadFromOptions({
    clusters: [{ name: "c", server, skipTLSVerify: true }],
    users: [{ name: "u" }],
    contexts: [{ name: "x", cluster: "c", user: "u", namespace: "tasks" }],
    currentContext: "x",
  });
  return openCluster({ storage: { kind: "s3", bucket: "orders" }, client: { sdk, config } });
}
