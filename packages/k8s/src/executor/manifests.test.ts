import type { PlanTask } from "@glacier/core";
import { expect, it } from "vitest";
import { companionName } from "./attempt-name.ts";
import { configMapOf, jobOf, secretOf } from "./manifests.ts";
import type { KubernetesExecutorOptions } from "./options.ts";

const storage = { kind: "s3", bucket: "orders" };
const parts = { name: "clean-0123", labels: { app: "x" }, companion: "clean-0123-4567", mapped: true };

function podOf(task: object = {}, options: Partial<KubernetesExecutorOptions> = {}, mapped = true) {
  const job = jobOf({ ...parts, mapped }, task as PlanTask, { storage, ...options });
  const pod = job.spec?.template.spec;
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined) throw new Error("a Job without a container");
  return { job, pod, container };
}

it("a pod passes the restricted Pod Security Standard", () => {
  const { pod, container } = podOf();
  expect(pod.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 65_532,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  const kinds = (pod.volumes ?? []).flatMap((volume) => Object.keys(volume).filter((key) => key !== "name"));
  expect(kinds.sort()).toEqual(["configMap", "emptyDir", "secret"]);
  expect(pod.automountServiceAccountToken).toBe(false);
});

it("requests equal limits, GPUs among them", () => {
  const compute = { kind: "container", image: "cuda:12", cpu: 0.5, memory: 1000.5, gpu: 1 };
  const { container } = podOf({ compute });
  expect(container.image).toBe("cuda:12");
  expect(container.resources?.requests).toEqual({ cpu: "500m", memory: "1001Mi", "nvidia.com/gpu": "1" });
  expect(container.resources?.limits).toEqual(container.resources?.requests);
});

it("V8 knows how much memory there is", () => {
  expect(podOf({ compute: { kind: "container", image: "i", memory: 1000 } }).container.command).toContain(
    "--max-old-space-size=900",
  );
});

it("never tries again by itself, ends by the task's timeout, and goes when it is over", () => {
  expect(podOf({ timeout: 1.5 }).job.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 2 });
  expect(podOf().job.spec).not.toHaveProperty("activeDeadlineSeconds");
  expect(podOf().job.spec?.ttlSecondsAfterFinished).toBeGreaterThan(0);
  expect(podOf().pod.restartPolicy).toBe("Never");
});

it("options reach the pod, and don't take its security away", () => {
  const pod = { nodeSelector: { pool: "batch" } };
  const { pod: spec, container } = podOf({}, { pod, serviceAccount: "tasks", envFrom: "keys", cpu: 2, user: 1000 });
  expect(spec).toMatchObject({ nodeSelector: { pool: "batch" }, serviceAccountName: "tasks" });
  expect(spec.securityContext).toMatchObject({ fsGroup: 1000, runAsUser: 1000, runAsNonRoot: true });
  expect(container.envFrom).toEqual([{ secretRef: { name: "keys" } }]);
  expect(container.resources?.requests).toMatchObject({ cpu: "2" });
});

it("code that is fetched takes no ConfigMap", () => {
  const { pod, container } = podOf({}, {}, false);
  expect((pod.volumes ?? []).map(({ name }) => name)).toEqual(["call", "tmp"]);
  expect(container.volumeMounts?.map(({ name }) => name)).toEqual(["call", "tmp"]);
  const secret = secretOf({}, { task: {} as never, secrets: {}, mark: "@m " }, "https://bucket/code?signed");
  expect(Buffer.from(secret.data?.["code-url"] ?? "", "base64").toString()).toBe("https://bucket/code?signed");
});

it("code and call go with their Job", () => {
  const job = { metadata: { name: "clean-0123", uid: "u-1", labels: { app: "x" } } };
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "clean-0123", uid: "u-1" };
  const mark = "@m ";
  const secret = secretOf(job, { task: {} as never, secrets: { key: "hunter2" }, mark });
  for (const { metadata } of [configMapOf(job, mark, Uint8Array.of(1)), secret]) {
    expect(metadata).toMatchObject({ name: companionName("clean-0123", mark), ownerReferences: [owner] });
  }
});

it("another Job of the name has a Secret of its own, as long as the first one's may be there", () => {
  const [one, other] = ["@a ", "@b "].map((mark) => companionName("clean-0123", mark));
  expect(one).not.toBe(other);
  expect(companionName("a".repeat(52), "@a ").length).toBeLessThanOrEqual(63);
});

it("no secret is in a Job", () => {
  expect(JSON.stringify(podOf({ secrets: { key: "api-key" } }).job)).not.toContain("api-key");
});
