import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "@glacier/core";
import { KubernetesExecutor, type KubernetesExecutorOptions } from "@glacier/k8s";
import { describe, expect, it } from "vitest";
import { type NodeCluster, registry } from "./cluster.ts";
import { closedGate } from "./gate.ts";
import { held, short } from "./pipelines.ts";

/** What becomes of a run whose executor was killed. */
export function attached(use: () => NodeCluster): void {
  const kubectl = (...args: string[]) => use().cluster.kubectl(["-n", "tasks", ...args]);

  /** Runs `held` in a process of its own until the task says that it has started, and kills the process. */
  async function killed(runId: string, options: KubernetesExecutorOptions, url: string) {
    const script = fileURLToPath(new URL("run-held.ts", import.meta.url));
    const args = [runId, JSON.stringify(options), JSON.stringify({ url })];
    const child = spawn(process.execPath, ["--conditions=@glacier/source", script, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as RunEvent;
      if (event.type !== "log") continue;
      child.kill("SIGKILL");
      return event.message;
    }
    throw new Error("it ended before its task started");
  }

  describe.concurrent("an executor that was killed", { timeout: 120_000 }, () => {
    it("is followed by another, which tells the whole log and starts nothing twice", async (test) => {
      const gate = await closedGate(test);
      const options = await use().options({ env: { API_KEY: "hunter2-hunter2" } });
      const started = await killed("again", options, gate.url);
      const messages: string[] = [];
      await held.run({
        resume: "again",
        params: { url: gate.url },
        executor: new KubernetesExecutor(options),
        registry: registry(),
        onEvent(event) {
          if (event.type !== "log") return;
          messages.push(short(event.message));
          gate.open();
        },
      });
      expect(messages).toEqual([started, "line 1", "line 2", "line 3", "40000 dashes", "over"]);
    });

    it("whose Job has ended without it: the next finds all done, and the cluster removes what is left", async (test) => {
      const gate = await closedGate(test);
      const options = await use().options({ env: { API_KEY: "hunter2-hunter2" } });
      await killed("orphan", options, gate.url);
      gate.open();
      const selected = ["-l", "glacier.dev/run=orphan"];
      await test.expect
        .poll(() => kubectl("get", "jobs", ...selected, "-o", "jsonpath={.items[0].status.succeeded}"), {
          timeout: 60_000,
          interval: 500,
        })
        .toBe("1");
      const events: RunEvent[] = [];
      await held.run({
        resume: "orphan",
        params: { url: gate.url },
        executor: new KubernetesExecutor(options),
        registry: registry(),
        onEvent: (event) => events.push(event),
      });
      expect(events.filter(({ type }) => type === "attempt.started")).toEqual([]);
      expect(events).toContainEqual(expect.objectContaining({ type: "task.skipped", reason: "committed" }));
      // A second in place of the day that it is kept.
      const name = (await kubectl("get", "jobs", ...selected, "-o", "name")).trim();
      await kubectl("patch", name, "--type=merge", "-p", '{"spec":{"ttlSecondsAfterFinished":1}}');
      await test.expect
        .poll(() => kubectl("get", "jobs,pods,secrets,configmaps", ...selected, "-o", "name"), {
          timeout: 60_000,
          interval: 500,
        })
        .toBe("");
    });
  });
}
