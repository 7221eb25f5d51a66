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
