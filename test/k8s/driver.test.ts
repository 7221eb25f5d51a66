import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry, type RunEvent, readJournal } from "@glacier/core";
import { KubernetesTarget } from "@glacier/k8s";
import { LocalExecutor } from "@glacier/local";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type KubernetesService, kubernetesMissing, startKubernetes } from "../services/kubernetes.ts";
import { folderProvider } from "./folder.ts";
import { pipeline } from "./pipeline.ts";
import { type PodProcesses, runPods } from "./processes.ts";

const missing = kubernetesMissing();
const registry = createRegistry([folderProvider]);
const secrets = { "api-key": "hunter2-hunter2" };
const files = ["numbers.ndjson", "squares.ndjson", "sum.json", "report.txt"];

describe.skipIf(missing !== undefined)("a driver Job, with the real Job controller", { timeout: 300_000 }, () => {
  let cluster: KubernetesService;
  beforeAll(async () => {
    cluster = await startKubernetes();
  }, 120_000);
  afterAll(() => cluster?.stop());

  test("starts each task as a Job of its own rights, and makes the same bytes as a local run", async () => {
    const { root, pods, journal, finished } = await deploy("plain", { count: 1000 });
    await pods.until(finished);
    expect(await status("plain"), [...pods.pods.values()].map(({ output }) => output).join("\n")).toMatchObject({
      succeeded: 1,
    });
    await expectLocalBytes(root, { count: 1000 });
    expect([...pods.pods.values()].map(({ role }) => role)).toEqual(["driver", "task", "task", "task", "task"]);
    const events = await journal();
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    const written = events.filter(({ type }) => type === "dataset.written");
    expect(written).toHaveLength(4);
    expect(JSON.stringify(events)).not.toContain(secrets["api-key"]);
    // Nothing is left but the driver's own Job.
    expect(JSON.parse(await cluster.kubectl(["get", "jobs", "-n", "plain", "-o", "json"])).items).toHaveLength(1);
  });

  test("killed in the middle, its next pod goes on with the same run", async () => {
    const { root, pods, journal, finished } = await deploy("killed", { count: 1000 });
    await pods.until(() => existsSync(join(root, "numbers.ndjson")));
    await pods.until(() => [...pods.pods.values()].filter(({ role }) => role === "task").length >= 2);
    [...pods.pods.values()].find(({ role }) => role === "driver")?.process.kill("SIGKILL");
    await pods.until(finished);
    await expectLocalBytes(root, { count: 1000 });
    const starts = (await journal()).filter(({ type }) => type === "run.started");
    expect(starts).toMatchObject([{ resumed: false }, { resumed: true }]);
    expect(new Set(starts.map(({ runId }) => runId)).size).toBe(1);
  });

  test("a task that fails for good fails the Job, and no further pod tries the run again", async () => {
    const { pods, journal, finished } = await deploy("failing", { count: 3, fail: "always" });
    const drivers = () => [...pods.pods.values()].filter(({ role }) => role === "driver");
    await pods.until(() => drivers().some(({ process: { exitCode } }) => exitCode !== null));
    await pods.until(async () => (await finished()) || drivers().length > 1);
    const events = await journal();
    expect(events.at(-1)).toMatchObject({ status: "failed", error: { message: expect.stringContaining("never") } });
    expect(events.filter((event) => event.type === "attempt.started" && event.task === "square-all")).toHaveLength(3);
  });

  async function deploy(namespace: string, params: { count: number; fail?: string }) {
    const root = folder();
    const target = new KubernetesTarget({ storage: { kind: "folder", root }, engine: "driver", namespace, params });
    const manifests = folder();
    const plan = pipeline.plan({ for: target });
    await (await pipeline.compile({ target, registry })).toManifests(manifests);
    await cluster.kubectl(["apply", "--server-side", "-k", manifests]);
    const pods: PodProcesses = runPods(cluster, namespace, secrets);
    onTestFinished(() => pods.stop());
    const {
      items: [job],
    } = JSON.parse(await cluster.kubectl(["get", "jobs", "-n", namespace, "-o", "json"]));
    return {
      root,
      pods,
      async journal(): Promise<RunEvent[]> {
        const events: RunEvent[] = [];
        const runId = `${job.metadata.name}-${job.metadata.uid.slice(0, 8)}`;
        for await (const event of readJournal(plan, runId, registry)) events.push(event);
        return events;
      },
      finished: async () => {
        const { succeeded, conditions = [] } = (await status(namespace)) as {
          succeeded?: number;
          conditions?: { type: string }[];
        };
        return succeeded === 1 || conditions.some(({ type }) => type === "Failed");
      },
    };
  }

  async function status(namespace: string): Promise<object> {
    const all = JSON.parse(
      await cluster.kubectl(["get", "jobs", "-n", namespace, "-l", "app.kubernetes.io/component=engine", "-o", "json"]),
    );
    return all.items[0].status;
  }
});

async function expectLocalBytes(root: string, params: { count: number }): Promise<void> {
  const local = folder();
  const executor = new LocalExecutor({ storage: local, env: { ...process.env, API_KEY: secrets["api-key"] } });
  await pipeline.run({ executor, params });
  for (const file of files)
    expect(readFileSync(join(root, file)).equals(readFileSync(join(local, file))), file).toBe(true);
}

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), "glacier-driver-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
