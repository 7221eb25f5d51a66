import { compute, secret } from "@glacier/core";
import { expect, it } from "vitest";
import { type Manifest, ofKind, readCode } from "../../test/manifests.ts";
import { manifestsOf, pipelineOf, taskOf } from "../../test/plans.ts";
import { podSecurityViolations } from "../../test/pod-security.ts";

const pipeline = (schedule?: string) =>
  pipelineOf(
    [
      taskOf("load", { secrets: { key: secret("api-key") }, timeout: 60 }),
      taskOf("train", { compute: compute.container({ image: "acme/train:1", cpu: 2, memory: 512, gpu: 1 }) }),
    ],
    schedule === undefined ? {} : { schedule: { cron: schedule, timeZone: "Europe/Berlin" } },
  );
const podsOf = (manifests: readonly Manifest[]): Record<string, Manifest> =>
  JSON.parse(readCode(manifests, "driver")["pods.json"] ?? "");

it("the driver's pod and those that it starts pass the restricted Pod Security Standard", async () => {
  const manifests = await manifestsOf(pipeline(), { engine: "driver" });
  const [job] = ofKind(manifests, "Job");
  expect(podSecurityViolations(job?.["spec"].template.spec)).toEqual([]);
  for (const [name, { spec }] of Object.entries(podsOf(manifests)))
    expect(podSecurityViolations(spec), name).toEqual([]);
});

it("only the driver's own pod has a token, and a right to Jobs", async () => {
  const manifests = await manifestsOf(pipeline(), { engine: "driver" });
  const spec = ofKind(manifests, "Job")[0]?.["spec"].template.spec;
  expect([spec.serviceAccountName, spec.automountServiceAccountToken]).toEqual(["orders-engine", true]);
  for (const pod of Object.values(podsOf(manifests))) expect(pod["spec"].automountServiceAccountToken).toBe(false);
  expect(ofKind(manifests, "Role").map(({ rules }) => rules)).toEqual([
    [
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete", "get", "list", "watch"] },
      { apiGroups: [""], resources: ["events", "pods"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    ],
  ]);
});

it("tasks get their own account, secret and size", async () => {
  const pods = podsOf(await manifestsOf(pipeline(), { engine: "driver" }));
  const sizes = { cpu: "2", memory: "512Mi", "nvidia.com/gpu": "1" };
  expect(pods["train"]?.["spec"]).toMatchObject({
    serviceAccountName: "orders--train",
    containers: [{ image: "acme/train:1", resources: { requests: sizes, limits: sizes } }],
  });
  expect(pods["load"]?.["spec"].containers[0].env).toContainEqual({
    name: "GLACIER_SECRET_api-key",
    valueFrom: { secretKeyRef: { name: "orders-secrets", key: "api-key" } },
  });
});

it("a schedule is a CronJob; without one other code is another Job", async () => {
  const [cron] = ofKind(await manifestsOf(pipeline("30 2 * * 1"), { engine: "driver" }), "CronJob");
  expect(cron?.["spec"]).toMatchObject({
    schedule: "30 2 * * 1",
    timeZone: "Europe/Berlin",
    concurrencyPolicy: "Forbid",
  });
  // A Job can't be changed: whatever differs in it makes another.
  const jobs = [
    manifestsOf(pipeline(), { engine: "driver" }),
    manifestsOf(pipelineOf([taskOf("load")]), { engine: "driver" }),
    manifestsOf(pipeline(), { engine: "driver", params: { day: 1 } }),
    manifestsOf(pipeline(), { engine: "driver", envFrom: "keys" }),
  ];
  const names = (await Promise.all(jobs)).map((manifests) => ofKind(manifests, "Job")[0]?.metadata.name);
  expect(new Set(names).size).toBe(4);
});

it("a Job that a transform changes is another, too, and stays when it is over", async () => {
  const placed = (pool: string) =>
    manifestsOf(pipeline(), {
      engine: "driver",
      transform: (manifest) => {
        if (manifest["kind"] !== "Job") return manifest;
        const job = structuredClone(manifest) as Manifest;
        job["spec"].template.spec.nodeSelector = { pool };
        return job as never;
      },
    });
  const jobs = await Promise.all(["a", "b", "a"].map(async (pool) => ofKind(await placed(pool), "Job")[0]));
  const [a, b, again] = jobs.map((job) => job?.metadata.name);
  expect([a === b, a === again]).toEqual([false, true]);
  expect(jobs[0]?.["spec"]).not.toHaveProperty("ttlSecondsAfterFinished");
});

it("a run that can't get better ends the Job at once; a drained node doesn't count", async () => {
  const [job] = ofKind(await manifestsOf(pipeline(), { engine: "driver" }), "Job");
  expect(job?.["spec"].podFailurePolicy.rules).toEqual([
    { action: "FailJob", onExitCodes: { containerName: "main", operator: "In", values: [2] } },
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
  ]);
});

it("params are what the options say", async () => {
  const [job] = ofKind(await manifestsOf(pipeline(), { engine: "driver", params: { day: "2026-01-31" } }), "Job");
  expect(job?.["spec"].template.spec.containers[0].env).toContainEqual({
    name: "GLACIER_PARAMS",
    value: '{"day":"2026-01-31"}',
  });
});
