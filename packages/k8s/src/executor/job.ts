import type { V1Job, V1OwnerReference, V1PodSpec } from "@kubernetes/client-node";

/** What one attempt's Job is made of. */
export interface JobParts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: V1PodSpec;
  /** Seconds; the task's. */
  readonly timeout: number | undefined;
  /** What it goes with. */
  readonly owner?: V1OwnerReference;
}

/** Seconds that a finished Job stays where whoever started it died, for another to read. */
const keptFor = 24 * 60 * 60;

/** The Job of one attempt: it runs one pod, once. */
export function jobAround({ name, labels, pod, timeout, owner }: JobParts): V1Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: { ...labels }, ...(owner !== undefined && { ownerReferences: [owner] }) },
    spec: {
      // Retries are the scheduler's.
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: keptFor,
      // The scheduler's own timer stops it; this is for when nobody runs that.
      ...(timeout !== undefined && { activeDeadlineSeconds: Math.max(1, Math.ceil(timeout)) }),
      template: { metadata: { labels: { ...labels } }, spec: pod },
    },
  };
}
