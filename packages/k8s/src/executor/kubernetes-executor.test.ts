import { createRegistry, type StorageAdapter, type TaskInvocation } from "@glacier/core";
import { expect, it, vi } from "vitest";
import { apiServer } from "../../test/api-server.ts";
import { pipeline } from "./fixtures/pipeline.ts";
import { KubernetesExecutor, type KubernetesExecutorOptions } from "./index.ts";

const storage = { kind: "bucket" };
const registry = createRegistry([
  { name: "here", contract: 1, module: pipeline.module as string, storage: { bucket: () => ({}) as StorageAdapter } },
]);

/** What the Job of an attempt says that it was told. */
async function told(options: Partial<KubernetesExecutorOptions>): Promise<string | undefined> {
  const { cluster, ...server } = await apiServer();
  const executor = new KubernetesExecutor({ storage, client: cluster, ...options });
  const plan = pipeline.plan({ for: executor });
  const controller = new AbortController();
  const invocation: TaskInvocation = {
    runId: "r",
    task: plan.tasks[0]?.name ?? "",
    attempt: 1,
    params: {},
    sources: {},
    selected: "all",
  };
  const context = { plan, pipeline, registry, emit: () => {}, signal: controller.signal };
  const ended = executor.execute(invocation, context as never).catch(() => {});
  const job = await vi.waitUntil(() => server.names().find((name) => name.startsWith("jobs/")), { timeout: 20_000 });
  const call = server.get(job)?.metadata.annotations?.["glacier.dev/call"];
  controller.abort(new Error("enough"));
  await ended;
  await executor.close();
  return call;
}

it("an attempt that other options make is another, which a resumed run doesn't follow", async () => {
  const [one, same, other] = [await told({ cpu: 100 }), await told({ cpu: 100 }), await told({ cpu: 1 })];
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});
