import type { RunEvent } from "@glacier/core";
import { KubernetesExecutor } from "@glacier/k8s";
import { describe, expect, it, type TestContext } from "vitest";
import { type NodeCluster, registry, storeOf } from "./cluster.ts";
import { closedGate } from "./gate.ts";
import { held, huge, inside, short } from "./pipelines.ts";

const key = "hunter2-hunter2";

/** How a run of an executor that lives is followed and stopped. */
export function followed(use: () => NodeCluster): void {
  const kubectl = (...args: string[]) => use().cluster.kubectl(["-n", "tasks", ...args]);
  const partsOf = async (runId: string) =>
    JSON.parse(await kubectl("get", "jobs,pods,secrets,configmaps", "-l", `glacier.dev/run=${runId}`, "-o", "json"))
      .items as Part[];
  const names = async (runId: string) => (await partsOf(runId)).map(({ kind }) => kind).sort();

  /** Runs `held`, and does something with what the cluster has of it while it waits. */
  async function run(test: TestContext, runId: string, meanwhile: (open: () => void) => unknown, signal?: AbortSignal) {
    const gate = await closedGate(test);
    const messages: string[] = [];
    let failed: unknown;
    const executor = new KubernetesExecutor(await use().options({ env: { API_KEY: key } }));
    const onEvent = (event: RunEvent) => {
      if (event.type !== "log") return;
      messages.push(short(event.message));
      if (event.message.startsWith("started"))
        void Promise.resolve(meanwhile(gate.open)).catch((error) => {
          failed = error;
          gate.open();
        });
    };
    const params = { url: gate.url };
    const ended = await held.run({ executor, registry: registry(), runId, params, signal, onEvent }).then(
      () => undefined,
      (error) => error,
    );
    if (failed !== undefined) throw failed;
    return { error: ended, issue: ended?.issues?.[0] ?? ended, messages };
  }

  describe.concurrent("a run", { timeout: 120_000 }, () => {
    it("is told of while it goes on; all of it belongs to the Job, which is gone after it", async (test) => {
      const { error, messages } = await run(test, "live", async (open) => {
        const parts = await partsOf("live");
        expect(parts.map(({ kind }) => kind).sort()).toEqual(["ConfigMap", "Job", "Pod", "Secret"]);
        const job = parts.find(({ kind }) => kind === "Job");
        expect(job?.spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 24 * 60 * 60 });
        for (const { kind, metadata } of parts)
          if (kind !== "Job") expect(metadata.ownerReferences).toMatchObject([{ kind: "Job", uid: job?.metadata.uid }]);
        open();
      });
      expect(error).toBeUndefined();
      expect(messages).toEqual([
        expect.stringMatching(/^started [\d.]+ with \*+$/),
        "line 1",
        "line 2",
        "line 3",
        "40000 dashes",
        "over",
      ]);
      await test.expect.poll(() => names("live"), { timeout: 30_000 }).toEqual([]);
    });

    it("that is cancelled leaves no Job, no pod and no container, when it says so", async (test) => {
      const controller = new AbortController();
      const { error } = await run(test, "stopped", () => controller.abort(), controller.signal);
      expect(error).toMatchObject({ code: "CANCELLED" });
      expect((await names("stopped")).filter((kind) => kind === "Job" || kind === "Pod")).toEqual([]);
    });

    it("that is cancelled before its pod has a node leaves nothing either", async () => {
      const controller = new AbortController();
      const notes: string[] = [];
      const onEvent = (event: RunEvent) => {
        if (event.type !== "task.progress" || event.note === undefined) return;
        notes.push(event.note);
        if (event.note.includes("Insufficient cpu")) controller.abort();
      };
      const executor = new KubernetesExecutor(await use().options());
      const { signal } = controller;
      const running = huge.run({ executor, registry: registry(), runId: "unplaced", signal, onEvent });
      await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
      expect(notes.join("\n")).toContain("no node takes its pod");
      expect((await names("unplaced")).filter((kind) => kind === "Job" || kind === "Pod")).toEqual([]);
    });

    it("whose pod is deleted under it: EVICTED", async (test) => {
      const { issue } = await run(test, "deleted-pod", () =>
        kubectl("delete", "pod", "-l", "glacier.dev/run=deleted-pod", "--wait=false"),
      );
      expect(issue).toMatchObject({
        code: "EVICTED",
        message: expect.stringMatching(/pod waits-\w+-\w+ was deleted/),
        hint: expect.stringContaining("retries"),
        context: { task: "waits" },
      });
    });

    it("whose Job is deleted under it: TASK_CRASHED", async (test) => {
      const { issue } = await run(test, "deleted-job", () =>
        kubectl("delete", "job", "-l", "glacier.dev/run=deleted-job", "--wait=false"),
      );
      expect(issue).toMatchObject({
        code: "TASK_CRASHED",
        message: expect.stringMatching(/somebody else deleted its Job waits-\w+/),
        context: { task: "waits" },
      });
    });

    it("whose Job is past its deadline: TASK_TIMEOUT", async (test) => {
      // As it comes to be where the executor, which has a timer of its own, was away.
      const { issue } = await run(test, "deadline", async () => {
        const name = (await kubectl("get", "jobs", "-l", "glacier.dev/run=deadline", "-o", "name")).trim();
        await kubectl("patch", name, "--type=merge", "-p", '{"spec":{"activeDeadlineSeconds":1}}');
      });
      expect(issue).toMatchObject({
        code: "TASK_TIMEOUT",
        message: expect.stringContaining(
          "longer than the cluster allows: Job was active longer than specified deadline",
        ),
        hint: expect.stringContaining("timeout"),
      });
    });

    it("whose node is lost: EVICTED, in the cluster's words", async (test) => {
      // As the node controller does it, some minutes after a node's last word.
      const status = { phase: "Failed", reason: "NodeLost", message: "Node localhost is unresponsive" };
      const { issue } = await run(test, "lost", async () => {
        const pod = JSON.parse(await kubectl("get", "pods", "-l", "glacier.dev/run=lost", "-o", "json")).items[0];
        const path = `/api/v1/namespaces/tasks/pods/${pod.metadata.name}/status`;
        const changed = JSON.stringify({ ...pod, status: { ...pod.status, ...status } });
        await use().cluster.kubectl(["replace", "--raw", path, "-f", "-"], changed);
      });
      expect(issue).toMatchObject({ code: "EVICTED", message: expect.stringContaining("is unresponsive") });
    });

    it("is nobody inside of its pod, which has a place to write and no more", async () => {
      const options = await use().options();
      const result = await inside.run({ executor: new KubernetesExecutor(options), registry: registry() });
      expect(Object.keys(result.datasets)).toEqual(["seen"]);
      expect((await storeOf(options).readJson("seen.json"))?.value).toEqual({
        user: "65532",
        write: expect.stringContaining("Read-only file system"),
        token: expect.stringContaining("No such file"),
        capabilities: "0000000000000000",
      });
    });
  });
}

interface Part {
  readonly kind: string;
  readonly metadata: { readonly uid: string; readonly ownerReferences?: readonly object[] };
  readonly spec?: object;
}
