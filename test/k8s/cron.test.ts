import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Manifest } from "../../packages/k8s/test/manifests.ts";
import { type KubernetesService, kubernetesMissing, startKubernetes } from "../services/kubernetes.ts";
import { deploySquares, expectLocalBytes, isOver, type Job, runIdOf } from "./deployed.ts";

const missing = kubernetesMissing();

describe.skipIf(missing !== undefined)(
  "a driver CronJob, as batch/v1beta1 without its time zone and failure policy (this cluster is 1.20, those came later)",
  { timeout: 300_000 },
  () => {
    let cluster: KubernetesService;
    beforeAll(async () => {
      cluster = await startKubernetes();
    }, 120_000);
    afterAll(() => cluster?.stop());

    test("has no field that there isn't; the real controller starts it; paused, it stays so, and can be started by hand", async () => {
      const params = { count: 100 };
      const deployment = await deploySquares(cluster, "cron", { params }, "* * * * *");
      const { pods, jobs, journal, manifests } = deployment;
      const kubectl = (...args: string[]) => cluster.kubectl([...args, "-n", "cron"]);

      const cron = manifests.find(({ kind }) => kind === "CronJob") as Manifest;
      const wrong = { ...cron, spec: { ...cron["spec"], glacierUnknown: 1 } };
      await expect(
        cluster.kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], JSON.stringify(wrong)),
      ).rejects.toMatchObject({ stderr: expect.stringContaining("glacierUnknown") });

      await pods.until(async () => Object.keys(await jobs()).length > 0);
      const suspend = JSON.stringify({ spec: { suspend: true } });
      await kubectl("patch", "cronjob", "squares", "-p", suspend);
      await deployment.apply();
      expect(JSON.parse(await kubectl("get", "cronjob", "squares", "-o", "json")).spec.suspend).toBe(true);

      const [scheduled] = Object.values(await jobs());
      expect(scheduled?.metadata).toMatchObject({
        name: expect.stringMatching(/^squares-\d+$/),
        ownerReferences: [{ kind: "CronJob", name: "squares" }],
      });
      await finished(scheduled as Job);
      // What `kubectl create job --from=cronjob/squares` makes; itself it takes no batch/v1beta1 any more.
      const { metadata: own, spec: job } = cron["spec"].jobTemplate;
      const metadata = { ...own, name: "by.hand", annotations: { "cronjob.kubernetes.io/instantiate": "manual" } };
      const body = { apiVersion: "batch/v1", kind: "Job", metadata, spec: job };
      await cluster.kubectl(["create", "-n", "cron", "-f", "-"], JSON.stringify(body));
      await finished((await jobs())["by.hand"] as Job);

      async function finished({ metadata: { name } }: Job): Promise<void> {
        await pods.until(async () => isOver((await jobs())[name] as Job));
        const job = (await jobs())[name] as Job;
        expect(job.status, [...pods.pods.values()].map(({ output }) => output).join("\n")).toMatchObject({
          succeeded: 1,
        });
        const events = await journal(runIdOf(job));
        expect(events[0]).toMatchObject({ type: "run.started", params, resumed: false });
        expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
        await expectLocalBytes(deployment.root, params);
      }
    });
  },
);
