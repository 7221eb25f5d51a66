import type { PlanTask, RunEvent, TaskInvocation } from "@glacier/core";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { type ApiServer, apiServer } from "../../test/api-server.ts";
import { JobRunner } from "./job-runner.ts";

let server: ApiServer;
beforeEach(async () => {
  server = await apiServer();
});

const name = "clean-0123";
const task = { name: "clean", inputs: {}, outputs: {} } as unknown as PlanTask;
const invocation = { runId: "r", task: "clean", attempt: 1 } as TaskInvocation;

/** Runs an attempt that is told `secrets`; nothing becomes of its pod by itself. */
function run(secrets: Readonly<Record<string, string>> = {}) {
  const runner = new JobRunner();
  onTestFinished(() => runner.close());
  const controller = new AbortController();
  const events: RunEvent[] = [];
  const attempt = {
    name,
    task,
    digest: "d",
    secrets,
    job: () => ({ metadata: { name }, spec: { template: {} } }),
    companions: () => ({ secret: { metadata: { name } } }),
  };
  const context = { emit: (event: RunEvent) => void events.push(event), signal: controller.signal };
  const ended = runner.run(attempt, invocation, context as never, server.cluster).then(
    () => undefined,
    (error) => error,
  );
  return { ended, events, controller };
}

/** Waits for a call that was made. */
const called = (call: string) => vi.waitUntil(() => server.calls.includes(call), { timeout: 20_000 });
const at = (state: object) => ({ containerStatuses: [{ name: "main", image: "i", state }] });
const crashed = { phase: "Failed", ...at({ terminated: { exitCode: 1, reason: "Error" } }) };

it("what a crash quotes of the log has no secret in it", async () => {
  server.log = "Error: no row for key hunter2-hunter2\n";
  const { ended, events } = run({ key: "hunter2-hunter2" });
  await called("POST secrets");
  server.pod(name, crashed);
  const error = await ended;
  expect(error).toMatchObject({ code: "TASK_CRASHED", message: expect.stringContaining("no row for key ***") });
  expect(JSON.stringify([error, events])).not.toContain("hunter2");
  expect(server.names().filter((one) => one.startsWith("jobs/"))).toEqual([]);
});

it("a watch that can't sign in when it breaks is begun again when it can", async () => {
  const { ended } = run();
  await called("POST secrets");
  await called("WATCH pods");
  const refused = new Promise<void>((resolve) => {
    server.signIn = () => {
      resolve();
      throw new Error("the session has expired");
    };
  });
  server.drop();
  await refused;
  server.signIn = () => {};
  server.pod(name, crashed);
  expect(await ended).toMatchObject({ code: "TASK_CRASHED" });
});

it("credentials that are refused for a moment end nothing", async () => {
  const refused = new Set<string>();
  server.trouble = (call) => {
    if (refused.has(call) || !/^(WATCH|POST)/.test(call)) return undefined;
    refused.add(call);
    return { code: 401, reason: "Unauthorized", message: "Unauthorized" };
  };
  const { ended } = run();
  await vi.waitUntil(() => server.names().length === 2, { timeout: 20_000 });
  server.pod(name, crashed);
  expect(await ended).toMatchObject({ code: "TASK_CRASHED" });
  expect([...refused].sort()).toEqual(["POST jobs", "POST secrets", "WATCH events", "WATCH jobs", "WATCH pods"]);
});

it("a watch that the cluster refuses ends the attempt", async () => {
  server.trouble = (call) => (call.startsWith("WATCH") ? { code: 403, message: "pods is forbidden" } : undefined);
  expect(await run().ended).toMatchObject({ code: "PERMISSION_DENIED", message: expect.stringContaining("watch") });
});

it("a log that is never answered doesn't keep the end", async () => {
  let asked = 0;
  server.trouble = (call) => (call.endsWith("/log") && ++asked === 1 ? "silence" : undefined);
  server.log = "the last word\n";
  const { ended } = run();
  await called("POST secrets");
  server.pod(name, { phase: "Running", ...at({ running: {} }) });
  await called(`GET pods/${name}-x/log`);
  server.pod(name, crashed);
  expect(await ended).toMatchObject({ code: "TASK_CRASHED", message: expect.stringContaining("the last word") });
});

it("a Job whose creation was heard and not answered is followed", async () => {
  let lost = 0;
  server.trouble = (call) => (call === "POST jobs" && ++lost === 1 ? "cut" : undefined);
  const { ended } = run();
  await called("POST secrets");
  server.pod(name, crashed);
  expect(await ended).toMatchObject({ code: "TASK_CRASHED" });
});

it("a Job that is there is followed, also where a quota has no room for another", async () => {
  const first = run();
  await called("POST secrets");
  server.trouble = (call) => (call === "POST jobs" ? { code: 403, message: "exceeded quota: jobs" } : undefined);
  const second = run();
  await vi.waitUntil(() => server.calls.filter((call) => call === "POST secrets").length === 2, { timeout: 20_000 });
  server.pod(name, crashed);
  expect(await first.ended).toMatchObject({ code: "TASK_CRASHED" });
  expect(await second.ended).toMatchObject({ code: "TASK_CRASHED" });
});

it("a cancel leaves no Job, also where the answer to its creation was lost", async () => {
  const { ended, controller } = run();
  server.trouble = (call) => {
    if (call !== "POST jobs") return undefined;
    queueMicrotask(() => controller.abort(new Error("cancelled")));
    return "cut";
  };
  expect(await ended).toMatchObject({ message: "cancelled" });
  expect(server.calls).toContain(`DELETE jobs/${name}`);
  expect(server.names()).toEqual([]);
});

it("a Job whose Secret is refused is deleted", async () => {
  server.trouble = (call) => (call === "POST secrets" ? { code: 403, message: "no secrets" } : undefined);
  expect(await run().ended).toMatchObject({ code: "PERMISSION_DENIED" });
  expect(server.names()).toEqual([]);
});

it("a conflict over a quota is no object that is there: it is tried again", async () => {
  const conflict = { code: 409, reason: "Conflict", message: "Operation cannot be fulfilled on resourcequotas" };
  const left = new Map([
    ["POST jobs", 1],
    ["POST secrets", 1],
  ]);
  server.trouble = (call) => {
    const count = left.get(call) ?? 0;
    left.set(call, count - 1);
    return count > 0 ? conflict : undefined;
  };
  const { ended } = run();
  await vi.waitUntil(() => server.names().length === 2, { timeout: 20_000 });
  expect(server.names()).toEqual([`jobs/${name}`, `secrets/${name}`]);
  server.pod(name, crashed);
  expect(await ended).toMatchObject({ code: "TASK_CRASHED" });
});

it("a Job that ended while nobody looked, and whose pod is gone, is over", async () => {
  const { ended } = run();
  await called("POST secrets");
  const failed = { type: "Failed", status: "True", reason: "BackoffLimitExceeded" };
  server.job(name, { failed: 1, conditions: [failed] });
  expect(await ended).toMatchObject({ code: "TASK_CRASHED", message: expect.stringContaining("its pod is gone") });
});
