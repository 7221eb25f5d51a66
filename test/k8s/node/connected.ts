import { writeFileSync } from "node:fs";
import { KubernetesExecutor } from "@glacier/k8s";
import { describe, expect, it, type TestContext } from "vitest";
import { type NodeCluster, registry, storeOf } from "./cluster.ts";
import { closedGate, type Gate } from "./gate.ts";
import { held, short } from "./pipelines.ts";
import { type Relay, relay } from "./relay.ts";

const lines = [expect.stringMatching(/^started/), "line 1", "line 2", "line 3", "40000 dashes", "over"];

/** What a run makes of a connection to the API server that breaks. */
export function connected(use: () => NodeCluster): void {
  const kubectl = (...args: string[]) => use().cluster.kubectl(["-n", "tasks", ...args]);

  /** Runs `held` with a relay before the API server; does something with it when the run begins, and while the task waits. */
  async function run(
    test: TestContext,
    runId: string,
    meanwhile: (gate: Gate, between: Relay) => Promise<void>,
    atFirst?: (between: Relay) => void,
  ) {
    const config = JSON.parse(await kubectl("config", "view", "--raw", "-o", "json"));
    const between = await relay(config.clusters[0].cluster.server, test);
    config.clusters[0].cluster.server = between.url;
    const kubeconfig = `${use().cluster.kubeconfig}.${runId}`;
    writeFileSync(kubeconfig, JSON.stringify(config));
    const options = await use().options({ kubeconfig, env: { API_KEY: "hunter2-hunter2" } });
    const gate = await closedGate(test);
    const messages: string[] = [];
    let troubled: Promise<void> | undefined;
    await held.run({
      executor: new KubernetesExecutor(options),
      registry: registry(),
      runId,
      params: { url: gate.url },
      onEvent(event) {
        if (event.type === "run.started") atFirst?.(between);
        if (event.type !== "log") return;
        messages.push(short(event.message));
        troubled ??= meanwhile(gate, between);
      },
    });
    await troubled;
    expect((await storeOf(options).readJson("answered.json"))?.value).toBe("open");
    return messages;
  }

  describe.concurrent("a run whose connection", { timeout: 120_000 }, () => {
    it("breaks: it watches again, and tells each line once", async (test) => {
      const messages = await run(test, "dropped", async (gate, between) => {
        const from = between.asked.length;
        between.drop();
        const again = ["WATCH .*/jobs", "WATCH .*/pods", "WATCH .*/events", "GET .*/log"];
        await Promise.all(again.map((one) => between.until(from, new RegExp(`^${one}$`))));
        gate.open();
      });
      expect(messages).toEqual(lines);
    });

    it("begins at a version that the server has forgotten: it lists again", async (test) => {
      const messages = await run(test, "forgotten", async (gate, between) => {
        const from = between.asked.length;
        between.forget();
        const again = ["jobs", "pods", "events"];
        await Promise.all(again.map((one) => between.until(from, new RegExp(`^GET .*/${one}$`))));
        gate.open();
      });
      expect(messages).toEqual(lines);
    });

    it("is bad when its Job is started, and when it is deleted: it tries again", async (test) => {
      const trouble = (between: Relay) => between.trouble(5);
      const meanwhile = async (gate: Gate, between: Relay) => {
        trouble(between);
        gate.open();
      };
      expect(await run(test, "bad", meanwhile, trouble)).toEqual(lines);
      const left = () => kubectl("get", "jobs,pods", "-l", "glacier.dev/run=bad", "-o", "name");
      await test.expect.poll(left, { timeout: 30_000 }).toBe("");
    });

    it("is away while the pod ends: it tells of the end when it is back", async (test) => {
      const messages = await run(test, "away", async (gate, between) => {
        between.away(true);
        gate.open();
        const ended = () =>
          kubectl("get", "pods", "-l", "glacier.dev/run=away", "-o", "jsonpath={.items[0].status.phase}");
        await test.expect.poll(ended, { timeout: 60_000 }).toBe("Succeeded");
        between.away(false);
      });
      expect(messages).toEqual(lines);
    });
  });
}
