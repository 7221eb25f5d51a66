import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@glacier/core";
import { KubernetesExecutor } from "@glacier/k8s";
import { LocalExecutor } from "@glacier/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flights, flightsInS3 } from "../../aws/pipelines.ts";
import { type NodeCluster, registry, storeOf } from "./cluster.ts";
import { drive } from "./driven.ts";

/** The flights example, each way that pods run it: its datasets are the very bytes of a local run. */
export function flightsExample(use: () => NodeCluster): void {
  describe("the flights example makes the very bytes of a local run", { timeout: 300_000 }, () => {
    const out = mkdtempSync(join(tmpdir(), "glacier-flights-"));

    beforeAll(async () => {
      await flights.run({ executor: new LocalExecutor({ storage: out }) });
      const { endpoint } = use().moto;
      await fetch(`${endpoint}/acme-data`, { method: "PUT" });
      for (const { storage } of flights.plan({ for: new LocalExecutor() }).datasets) {
        const { basePath, key } = storage as { basePath?: string; key?: string };
        if (basePath === undefined || key === undefined) continue;
        await fetch(`${endpoint}/acme-data/raw/${key}`, { method: "PUT", body: readFileSync(join(basePath, key)) });
      }
    }, 120_000);
    afterAll(() => rmSync(out, { recursive: true }));

    async function expectLocalBytes(store: Store): Promise<void> {
      const files = readdirSync(out).filter((name) => !name.startsWith("."));
      expect(files.length).toBeGreaterThan(9);
      for (const file of files)
        expect(Buffer.compare(await store.readBytes(file), readFileSync(join(out, file))), file).toBe(0);
    }

    it("by KubernetesExecutor", async () => {
      const options = await use().options({ memory: 512 });
      const executor = new KubernetesExecutor(options);
      await flights.run({ executor, registry: registry(), bindings: flightsInS3 });
      await expectLocalBytes(storeOf(options));
    });

    it("by a driver in the cluster, which is killed in the middle", async () => {
      const driven = await drive(flights, flightsInS3, "flights", use());
      // What two others are made of.
      while ((await driven.store.stat("flights.parquet")) === undefined)
        await new Promise((resolve) => setTimeout(resolve, 200));
      await driven.killDriver();
      expect((await driven.over()).status).toMatchObject({ succeeded: 1, failed: 1 });
      await expectLocalBytes(driven.store);
      const events = await driven.journal();
      const starts = events.filter(({ type }) => type === "run.started");
      expect(starts).toMatchObject([{ resumed: false }, { resumed: true }]);
      // What ran on without it was followed, and not done again.
      expect(events.filter(({ type }) => type === "attempt.failed")).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
      await driven.remove();
    });
  });
}
