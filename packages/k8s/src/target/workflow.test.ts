import { compute, secret } from "@glacier/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ofKind } from "../../test/manifests.ts";
import { dag, manifestsOf, pipelineOf, podsOf, taskOf, tasksOf } from "../../test/plans.ts";
import { podSecurityViolations } from "../../test/pod-security.ts";
import { graphOf } from "../../test/view.ts";

describe("the workflow's graph", () => {
  it("is the pipeline's, edge for edge, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(dag(14), async (graph) => {
        const manifests = await manifestsOf(pipelineOf(tasksOf(graph)));
        const [workflow] = ofKind(manifests, "WorkflowTemplate");
        expect(graphOf(workflow?.["spec"].templates)).toEqual(
          Object.fromEntries(graph.map((before, i) => [`t${i}`, { after: before.map((other) => `t${other}`).sort() }])),
        );
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("begins with the run and ends with it, however the tasks end", async () => {
    const [workflow] = ofKind(await manifestsOf(pipelineOf(tasksOf([[], [0]]))), "WorkflowTemplate");
    const { templates, onExit } = workflow?.["spec"] ?? {};
    expect(onExit).toBe("run--finish");
    const { tasks } = templates.find(({ dag: graph }: { dag?: object }) => graph !== undefined).dag;
    expect(tasks.map(({ name, depends }: { name: string; depends?: string }) => [name, depends])).toEqual([
      ["run--begin", undefined],
      ["t0", "run--begin.Succeeded"],
      ["t1", "t0.Succeeded"],
    ]);
  });
});

describe("pods", () => {
  const pipeline = () =>
    pipelineOf([
      taskOf("plain"),
      taskOf("big", {
        compute: compute.container({ image: "acme/train:1", cpu: 1.5, memory: 3072, gpu: 2, env: { LEVEL: "high" } }),
        timeout: 90,
        retries: { max: 3, delay: 2, factor: 2, jitter: 0 },
        secrets: { key: secret("api-key"), again: secret("api-key"), other: secret("api_key") },
      }),
    ]);

  it("pass the restricted Pod Security Standard", async () => {
    const pods = podsOf(await manifestsOf(pipeline()));
    expect(Object.keys(pods).sort()).toEqual(["big", "plain", "run--begin", "run--finish"]);
    for (const [name, { spec }] of Object.entries(pods)) {
      expect(podSecurityViolations(spec), name).toEqual([]);
      expect(spec.containers[0].securityContext.readOnlyRootFilesystem).toBe(true);
      expect(spec.automountServiceAccountToken).toBe(false);
    }
  });

  it("get what they ask for, and no more", async () => {
    const pods = podsOf(await manifestsOf(pipeline()));
    const sizes = { cpu: "1500m", memory: "3Gi", "nvidia.com/gpu": "2" };
    expect(pods["big"]?.spec.containers[0]).toMatchObject({
      image: "acme/train:1",
      resources: { requests: sizes, limits: sizes },
    });
    expect(pods["plain"]?.spec.containers[0]).toMatchObject({
      image: "node:24-slim",
      resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "1", memory: "2Gi" } },
    });
  });

  it("end after the task's timeout, and are tried again as the task says", async () => {
    const pods = podsOf(await manifestsOf(pipeline()));
    expect(pods["big"]?.template).toMatchObject({
      activeDeadlineSeconds: 120,
      retryStrategy: { limit: "3", retryPolicy: "Always", backoff: { duration: "2s", factor: "2" } },
    });
    expect(pods["big"]?.template.retryStrategy.backoff).not.toHaveProperty("cap");
    expect(pods["plain"]?.template.activeDeadlineSeconds).toBeUndefined();
    expect(pods["plain"]?.template.retryStrategy).toMatchObject({ limit: "0" });
    for (const step of ["run--begin", "run--finish"])
      expect(pods[step]?.template.retryStrategy).toMatchObject({
        limit: "3",
        expression: pods["big"]?.template.retryStrategy.expression,
        backoff: { duration: "10s", factor: "2" },
      });
  });

  it("wait for room as long as the option says, else as Argo's own do", async () => {
    const given = podsOf(await manifestsOf(pipeline(), { pendingTimeout: 90 }));
    for (const { template } of Object.values(given)) expect(template.pendingTimeout).toBe("90s");
    for (const { template } of Object.values(podsOf(await manifestsOf(pipeline()))))
      expect(template).not.toHaveProperty("pendingTimeout");
  });

  it("wait no longer than the task says before they are tried again", async () => {
    const retries = { max: 5, delay: 2, factor: 3, maxDelay: 60, jitter: 0 };
    const pods = podsOf(await manifestsOf(pipelineOf([taskOf("load", { retries })])));
    expect(pods["load"]?.template.retryStrategy.backoff).toEqual({ duration: "2s", factor: "3", cap: "60s" });
  });

  it("have secrets by reference, under names that differ where the secrets do", async () => {
    const { env } = podsOf(await manifestsOf(pipeline()))["big"]?.spec.containers[0] ?? {};
    expect(env.filter(({ valueFrom }: { valueFrom?: object }) => valueFrom !== undefined)).toEqual(
      ["api-key", "api_key"].map((key) => ({
        name: `GLACIER_SECRET_${key}`,
        valueFrom: { secretKeyRef: { name: "orders-secrets", key } },
      })),
    );
  });
});

it("a schedule is a CronWorkflow in the pipeline's own time zone", async () => {
  const schedule = { cron: "30 2 * * 1", timeZone: "Europe/Berlin" };
  const [cron] = ofKind(await manifestsOf(pipelineOf([taskOf("load")], { schedule })), "CronWorkflow");
  expect(cron?.["spec"]).toMatchObject({
    schedules: ["30 2 * * 1"],
    timezone: "Europe/Berlin",
    concurrencyPolicy: "Forbid",
    workflowSpec: { workflowTemplateRef: { name: "orders" } },
  });
});

it("the checker of the standard knows what breaks it", () => {
  const container = {
    name: "main",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const good = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
  const own = (securityContext: object) => ({
    ...good,
    containers: [{ ...container, securityContext: { ...container.securityContext, ...securityContext } }],
  });
  expect(podSecurityViolations(good)).toEqual([]);
  for (const bad of [
    { ...good, hostNetwork: true },
    { ...good, hostPID: true },
    { ...good, volumes: [{ name: "host", hostPath: { path: "/" } }] },
    { ...good, securityContext: { runAsNonRoot: true } },
    { ...good, securityContext: { seccompProfile: { type: "RuntimeDefault" } } },
    { ...good, initContainers: [{ name: "init" }] },
    { ...good, containers: [{ ...container, ports: [{ hostPort: 80 }] }] },
    { ...good, containers: [] },
    own({ privileged: true }),
    own({ allowPrivilegeEscalation: true }),
    own({ capabilities: { drop: ["NET_RAW"] } }),
    own({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }),
    own({ runAsUser: 0 }),
    own({ runAsNonRoot: false }),
    own({ seccompProfile: { type: "Unconfined" } }),
    own({ procMount: "Unmasked" }),
    own({ seLinuxOptions: { user: "root" } }),
  ])
    expect(podSecurityViolations(bad), JSON.stringify(bad)).not.toEqual([]);
});
