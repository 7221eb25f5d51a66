import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type KubernetesService, kubernetesMissing, startKubernetes } from "../services/kubernetes.ts";
import { type DeployedDriver, deploySquares, expectLocalBytes, isOver, runIdOf, secrets } from "./deployed.ts";

const missing = kubernetesMissing();

describe.skipIf(missing !== undefined)("a driver Job, with the real Job controller", { timeout: 300_000 }, () => {
  let cluster: KubernetesService;
  beforeAll(async () => {
    cluster = await startKubernetes();
  }, 120_000);
  afterAll(() => cluster?.stop());

  test("starts each task as a Job of its own rights, and makes the same bytes as a local run", async () => {
    const { root, pods, job, journal, untilOver } = await deployed("plain", { count: 1000, fail: "leak" });
    await untilOver();
    expect((await job()).status, outputs(pods).join("\n")).toMatchObject({ succeeded: 1 });
    await expectLocalBytes(root, { count: 1000 });
    expect(roles(pods)).toEqual(["driver", "attempt", "attempt", "attempt", "attempt"]);
    const events = await journal();
    expect(events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
    const written = events.filter(({ type }) => type === "dataset.written");
    expect(written).toHaveLength(4);
    for (const message of ["the key is ***", "a process says ***"])
      expect(events).toContainEqual(expect.objectContaining({ type: "log", task: "sum_up", message }));
    expect(JSON.stringify([events, outputs(pods)])).not.toContain(secrets["api-key"]);
    // Nothing is left but the driver's own Job.
    expect(JSON.parse(await cluster.kubectl(["get", "jobs", "-n", "plain", "-o", "json"])).items).toHaveLength(1);
  });

  test("tells what a task says while it runs", async () => {
    const { pods } = await deployed("talking", { count: 10, fail: "wait" });
    const [driver] = pods.pods.values();
    const attempts = () => [...pods.pods.values()].filter(({ role }) => role === "attempt");
    await pods.until(() => driver?.output.includes('"message":"waiting"') ?? false);
    expect(attempts().at(-1)?.process.exitCode).toBeNull();
  });

  test("killed in the middle, its next pod goes on with the same run", async () => {
    const { root, pods, journal, untilOver } = await deployed("killed", { count: 1000 });
    await pods.until(() => existsSync(join(root, "numbers.ndjson")));
    await pods.until(() => roles(pods).filter((role) => role === "attempt").length >= 2);
    [...pods.pods.values()].find(({ role }) => role === "driver")?.process.kill("SIGKILL");
    await untilOver();
    await expectLocalBytes(root, { count: 1000 });
    const starts = (await journal()).filter(({ type }) => type === "run.started");
    expect(starts).toMatchObject([{ resumed: false }, { resumed: true }]);
    expect(new Set(starts.map(({ runId }) => runId)).size).toBe(1);
  });

  test("told to stop, as a drained node tells it, it leaves the tasks to its next pod, which follows them", async () => {
    const release = join(mkdtempSync(join(tmpdir(), "glacier-release-")), "go");
    onTestFinished(() => rmSync(dirname(release), { recursive: true, force: true }));
    const params = { count: 1000, fail: "wait", release };
    const { root, pods, journal, untilOver } = await deployed("drained", params);
    const [driver] = pods.pods.values();
    await pods.until(() => driver?.output.includes('"message":"waiting"') ?? false);
    driver?.process.kill("SIGTERM");
    await pods.until(() => roles(pods).filter((role) => role === "driver").length === 2);
    writeFileSync(release, "");
    await untilOver();
    await expectLocalBytes(root, { count: 1000 });
    // make, square-all (once), sum_up, tell.
    expect(roles(pods).filter((role) => role === "attempt")).toHaveLength(4);
    expect((await journal()).map(({ type }) => type)).not.toContain("task.cancelled");
  });

  test("a task that fails for good fails the Job, and no further pod tries the run again", async () => {
    const { pods, job, journal } = await deployed("failing", { count: 3, fail: "always" });
    const drivers = () => [...pods.pods.values()].filter(({ role }) => role === "driver");
    await pods.until(() => drivers().some(({ process: { exitCode } }) => exitCode !== null));
    await pods.until(async () => isOver(await job()) || drivers().length > 1);
    const events = await journal();
    expect(events.at(-1)).toMatchObject({ status: "failed", error: { message: expect.stringContaining("never") } });
    expect(events.filter((event) => event.type === "attempt.started" && event.task === "square-all")).toHaveLength(3);
  });

  test("what the cluster says of a pod's end is the attempt's error, and so is what the pod said last", async () => {
    const { pods, journal } = await deployed("crashing", { count: 3, fail: "exit" });
    const [driver] = pods.pods.values();
    await pods.until(() => driver?.process.exitCode !== null);
    const failed = (await journal()).filter(({ type }) => type === "attempt.failed");
    expect(failed).toMatchObject(
      Array(3).fill({ error: { code: "TASK_CRASHED", message: expect.stringMatching(/exit code 137.*good-bye/s) } }),
    );
  });

  test("a pod that finds no room in time is its own error", async () => {
    const { pods, journal } = await deployed("full", { count: 3 }, async () => {
      const quota = { spec: { hard: { pods: "1" } } };
      await cluster.kubectl(["patch", "resourcequota", "squares", "-n", "full", "-p", JSON.stringify(quota)]);
    });
    const [driver] = pods.pods.values();
    await pods.until(() => driver?.process.exitCode !== null);
    const failed = (await journal()).filter(({ type }) => type === "attempt.failed");
    expect(failed[0]).toMatchObject({ error: { code: "UNSCHEDULABLE", message: expect.stringContaining("quota") } });
  });

  async function deployed(
    namespace: string,
    params: { count: number; fail?: string; release?: string },
    first?: () => Promise<void>,
  ) {
    const deployment = await deploySquares(cluster, namespace, { params, pendingTimeout: 5 });
    const job = async () => {
      const [one] = Object.values(await deployment.jobs());
      if (one === undefined) throw new Error("there is no driver");
      return one;
    };
    await first?.();
    await deployment.pods.until(() => deployment.pods.pods.size > 0);
    return {
      ...deployment,
      job,
      journal: async () => deployment.journal(runIdOf(await job())),
      untilOver: () => deployment.pods.until(async () => isOver(await job())),
    };
  }
});

function roles(pods: DeployedDriver["pods"]): string[] {
  return [...pods.pods.values()].map(({ role }) => role);
}

function outputs(pods: DeployedDriver["pods"]): string[] {
  return [...pods.pods.values()].map(({ output }) => output);
}
