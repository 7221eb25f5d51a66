import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compute, Dataset, type GlacierError, Pipeline, task } from "@glacier/core";
import type { V1Job, V1ObjectMeta } from "@kubernetes/client-node";
import * as sdk from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { KubernetesExecutor } from "./index.ts";

/** Answers every call with one error, as an API server words it: no cluster, and good for the shapes of errors only. */
let refusals: Server;
let answer: (path: string, body: string) => { readonly code: number; readonly message: string } | object;
let server: string;

beforeEach(async () => {
  refusals = createServer(async (request, response) => {
    let asked = "";
    for await (const part of request) asked += part;
    const body = answer(request.url ?? "", asked);
    const code = "code" in body ? Number(body.code) : 201;
    const status = "code" in body ? { kind: "Status", apiVersion: "v1", status: "Failure", ...body } : body;
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  await new Promise<void>((resolve) => refusals.listen(0, "127.0.0.1", resolve));
  server = `http://127.0.0.1:${(refusals.address() as AddressInfo).port}`;
});
afterEach(() => {
  refusals.closeAllConnections();
  refusals.close();
});

const out = new Dataset<number>("out");
const pipeline = new Pipeline("orders", [task("clean", { output: out }, () => 1)], { module: import.meta.url });
const storage = { kind: "s3", bucket: "orders" };

function executorAt(url: string, user: object = { token: "hunter2" }): KubernetesExecutor {
  const config = new sdk.KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "c", server: url, skipTLSVerify: true }],
    users: [{ name: "u", ...user }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  return new KubernetesExecutor({ storage, namespace: "orders", client: { sdk, config } });
}

async function errorOf(executor: KubernetesExecutor): Promise<GlacierError> {
  const plan = pipeline.plan({ for: executor });
  try {
    const [error] = await executor.check(plan, pipeline);
    if (error !== undefined) return error as GlacierError;
  } catch (error) {
    return error as GlacierError;
  }
  throw new Error("nothing was found");
}

const allowed = {
  kind: "SelfSubjectAccessReview",
  apiVersion: "authorization.k8s.io/v1",
  spec: {},
  status: { allowed: true },
};
const review = (path: string) => path.includes("selfsubjectaccessreviews");

it.each<[string, number, string, string, RegExp]>([
  ["an expired token", 401, "Unauthorized", "PERMISSION_DENIED", /expired/],
  ["a namespace that isn't there", 404, 'namespaces "orders" not found', "NOT_FOUND", /namespace/],
  ["a forbidden Job", 403, 'jobs.batch is forbidden: User "u" cannot create', "PERMISSION_DENIED", /Role/],
  ["a quota of Jobs", 403, "exceeded quota: small, requested: count/jobs.batch=1", "UNSCHEDULABLE", /ResourceQuota/],
  ["a field that is wrong", 422, 'Job.batch "x" is invalid: spec', "OPTION_INVALID", /options/],
  ["too many calls", 429, "Too many requests", "THROTTLED", /Wait/],
  ["a server in trouble", 500, "etcdserver: request timed out", "UNAVAILABLE", /again/],
])("%s", async (_, code, message, expected, hint) => {
  answer = (path) => (review(path) ? allowed : { code, message });
  const error = await errorOf(executorAt(server));
  expect(error).toMatchObject({
    code: expected,
    message: expect.stringContaining(message),
    hint: expect.stringMatching(hint),
  });
  expect(error.message).toContain('namespace "orders"');
  expect(JSON.stringify(error)).not.toContain("hunter2");
});

it("what isn't allowed is told before anything runs, all of it", async () => {
  answer = () => ({ ...allowed, status: { allowed: false } });
  const error = await errorOf(executorAt(server));
  expect(error.code).toBe("PERMISSION_DENIED");
  for (const part of ["create, get, list, watch, delete jobs", "get pods/log", "create secrets"])
    expect(error.message).toContain(part);
});

it("what is no cluster, and answers", async () => {
  answer = () => ({ page: "sign in" });
  const error = await errorOf(executorAt(server));
  expect(error).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("no Kubernetes API") });
});

it("the Job that is tried has the labels of one that is meant", async () => {
  const tried: string[] = [];
  answer = (path, body) => {
    if (!review(path)) tried.push(body);
    return review(path) ? allowed : { code: 422, message: "refused" };
  };
  await errorOf(executorAt(server));
  const [{ metadata, spec }] = tried.map((body) => JSON.parse(body)) as [V1Job];
  for (const { labels } of [metadata, spec?.template.metadata] as V1ObjectMeta[])
    expect(labels).toMatchObject({ "app.kubernetes.io/name": "orders", "glacier.dev/task": "clean" });
});

it("no cluster", async () => {
  refusals.close();
  const error = await errorOf(executorAt(server));
  expect(error).toMatchObject({ code: "UNAVAILABLE", hint: expect.stringContaining(server) });
  expect(error.message).toContain("ECONNREFUSED");
});

it("a kubeconfig that isn't there", async () => {
  const error = await errorOf(new KubernetesExecutor({ storage, kubeconfig: "/nowhere/config" }));
  expect(error).toMatchObject({ code: "OPTION_INVALID", message: expect.stringContaining("/nowhere/config") });
});

it.each([
  ["apiVersion: v1\nusers:\n- name: u\n  user:\n    token: hunter2\n\tclient: x", /no YAML, at its line 6/],
  ["users: *hunter2", /no YAML, at its line 1/],
  ["clusters: [{ name: c, hunter2: x }]", /clusters\[0\]\.cluster is missing/],
])("a kubeconfig that is none: %j", async (text, words) => {
  const folder = mkdtempSync(join(tmpdir(), "glacier-kubeconfig-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, "config");
  writeFileSync(kubeconfig, text);
  const error = await errorOf(new KubernetesExecutor({ storage, kubeconfig }));
  expect(error).toMatchObject({ code: "OPTION_INVALID", message: expect.stringMatching(words) });
  expect(JSON.stringify(error)).not.toContain("hunter2");
});

it.each([
  ["fails", ["-e", "console.error('the session has expired'); process.exit(1)"], /the session has expired/],
  ["answers none", ["-e", "console.log('hunter2')"], /answers no credentials/],
  ["isn't there", undefined, /ENOENT/],
])("a command for credentials that %s", async (_, args, words) => {
  const command = args === undefined ? "/nowhere/login" : process.execPath;
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command, args };
  const error = await errorOf(executorAt(server, { exec }));
  expect(error).toMatchObject({
    code: "PERMISSION_DENIED",
    message: expect.stringMatching(words),
    hint: expect.stringContaining("Sign in again"),
  });
  expect(error.message).toContain(`user "u" by its command "${command}"`);
  expect(JSON.stringify(error)).not.toContain("hunter2");
});

it("a server that says nothing is not waited for", async () => {
  answer = () => allowed;
  const over = AbortSignal.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(over);
  onTestFinished(() => timeout.mockRestore());
  const error = await errorOf(executorAt(server));
  expect(error).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("doesn't answer") });
});

it("compute that a cluster hasn't is refused with what to use", async () => {
  const functions = new Pipeline("functions", [task("f", { output: out, compute: compute.serverless() }, () => 1)], {
    module: import.meta.url,
  });
  const run = functions.run({ executor: executorAt(server) as never });
  await expect(run).rejects.toMatchObject({ code: "COMPUTE_UNSUPPORTED", hint: expect.stringContaining("container") });
});

it("storage that a cluster doesn't reach is refused", async () => {
  const executor = executorAt(server);
  const plan = pipeline.plan({ for: executor, bindings: { out: { kind: "memory" } } });
  const [error] = await executor.check(plan, pipeline);
  expect(error).toMatchObject({ code: "STORAGE_UNREACHABLE", context: { task: "clean", dataset: "out" } });
});
