import { aws } from "@glacier/aws";
import { secretVariable } from "@glacier/core";
import { KubernetesExecutor } from "@glacier/k8s";
import { testExecutor } from "@glacier/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesMissing } from "../services/kubernetes.ts";
import { nodeMissing } from "../services/kubernetes-node.ts";
import { motoMissing } from "../services/moto.ts";
import { attached } from "./node/attached.ts";
import { type NodeCluster, startCluster } from "./node/cluster.ts";
import { connected } from "./node/connected.ts";
import { ends } from "./node/ends.ts";
import { flightsExample } from "./node/flights.ts";
import { followed } from "./node/followed.ts";
import { large } from "./node/large.ts";
import { masked } from "./node/masked.ts";
import { refused } from "./node/refused.ts";

const missing = [kubernetesMissing(), nodeMissing(), motoMissing()].some((reason) => reason !== undefined);

// One cluster for all that runs pods: it takes half a minute to start.
describe.skipIf(missing)("a cluster with a node", () => {
  let started: NodeCluster;
  const use = () => started;
  beforeAll(async () => {
    started = await startCluster();
  }, 180_000);
  afterAll(() => started?.stop(), 120_000);

  testExecutor("KubernetesExecutor", {
    async create({ secrets }) {
      const held = Object.entries(secrets).map(([name, value]) => [secretVariable(name), value]);
      return new KubernetesExecutor(await use().options({ env: Object.fromEntries(held) }));
    },
    providers: [aws],
    timeout: 240_000,
  });
  ends(use);
  refused(use);
  followed(use);
  attached(use);
  connected(use);
  large(use);
  masked(use);
  flightsExample(use);

  it("nothing of all that is left", async () => {
    const what = ["jobs,pods,secrets,configmaps", "-l", "glacier.dev/run", "-A", "-o", "name"];
    await expect.poll(() => use().cluster.kubectl(["get", ...what]), { timeout: 60_000, interval: 500 }).toBe("");
  }, 90_000);
});
