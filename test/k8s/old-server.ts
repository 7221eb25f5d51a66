import type { Manifest } from "../../packages/k8s/test/manifests.ts";

/**
 * A manifest as the tests' server of 1.20 takes it, without what came later: `podFailurePolicy` (1.26), and `batch/v1` with `timeZone`
 * of CronJobs (1.21, 1.25).
 */
export function forOldServer(manifest: Manifest): Manifest {
  if (manifest.kind === "Job") return { ...manifest, spec: withoutPolicy(manifest["spec"]) };
  if (manifest.kind !== "CronJob") return manifest;
  const { timeZone: _, jobTemplate, ...spec } = manifest["spec"];
  return {
    ...manifest,
    apiVersion: "batch/v1beta1",
    spec: { ...spec, jobTemplate: { ...jobTemplate, spec: withoutPolicy(jobTemplate.spec) } },
  };
}

function withoutPolicy({ podFailurePolicy: _, ...spec }: Manifest["spec"]): Manifest["spec"] {
  return spec;
}
