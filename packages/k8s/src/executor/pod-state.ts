import { type ErrorCode, GlacierError, type PlanTask } from "@glacier/core";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { containerName } from "../deployment.ts";
import { deniedByPolicy, policyHint } from "./api-errors.ts";
import type { Look } from "./watch.ts";

/** How far an attempt is, by what the cluster says. */
export type PodState =
  /** `error` is for when it waits too long. */
  | { readonly kind: "waiting"; readonly note: string; readonly error: GlacierError }
  | { readonly kind: "running"; readonly pod: string }
  /** `error` is what the cluster says of the end, where that is more than an exit code. */
  | {
      readonly kind: "ended";
      readonly pod?: string;
      readonly exitCode?: number;
      readonly message?: string;
      readonly error?: GlacierError;
    };

/** What a container waits for in vain: each with its code and what to do. */
const vain: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ImagePullBackOff: [
    "IMAGE_UNAVAILABLE",
    "Check the image's name and tag, that the nodes reach its registry, and its credentials: { pod: { imagePullSecrets } }.",
  ],
  InvalidImageName: [
    "IMAGE_UNAVAILABLE",
    "Correct the image's name in compute.container({ image }) or { defaultImage }.",
  ],
  ErrImageNeverPull: [
    "IMAGE_UNAVAILABLE",
    'Load the image onto the nodes, or give another { imagePullPolicy } than "Never".',
  ],
  CreateContainerConfigError: [
    "OPTION_INVALID",
    "What the message names must be there and be allowed: { envFrom }, the Secret of the tasks' secrets, { user }.",
  ],
};

/** What a kubelet says that hasn't come to it yet. */
const notYet = /failed to sync|timed out/i;

/** Why the Job controller makes no pod, where waiting doesn't help. Quotas get room again. */
const refusals: readonly (readonly [words: RegExp, code: ErrorCode, hint: string])[] = [
  [
    /service ?account \S+ ?not found|error looking up service account/i,
    "OPTION_INVALID",
    "Make the ServiceAccount, or correct { serviceAccount }.",
  ],
  [
    /no PriorityClass with name/i,
    "OPTION_INVALID",
    "Correct { pod: { priorityClassName } }: `kubectl get priorityclass` lists them.",
  ],
  [
    /(maximum|minimum) .* usage per/i,
    "UNSCHEDULABLE",
    "The namespace's LimitRange is narrower: change it, or the task's cpu and memory.",
  ],
  [
    /violates PodSecurity/i,
    "PERMISSION_DENIED",
    "Take out of { pod } what the namespace's Pod Security level forbids.",
  ],
  [deniedByPolicy, "PERMISSION_DENIED", policyHint],
];

/** Reads an attempt's state. `task` is for the errors. */
export function stateOf({ job, pod, podGone, refusal }: Look, task: PlanTask, pullError: string | undefined): PodState {
  const { status, metadata } = pod ?? {};
  const name = metadata?.name;
  const failed = (code: ErrorCode, said: string, hint: string): GlacierError =>
    new GlacierError(code, { message: `task "${task.name}": ${said}`, hint, context: { task: task.name } });
  const overdue = job?.status?.conditions?.find(
    ({ type, reason }) => type === "Failed" && reason === "DeadlineExceeded",
  );
  if (overdue !== undefined || status?.reason === "DeadlineExceeded") {
    const said = overdue?.message ?? status?.message ?? "Job was active longer than specified deadline";
    return ended(
      pod,
      failed(
        "TASK_TIMEOUT",
        `it took longer than ${task.timeout === undefined ? "the cluster allows" : `${task.timeout} s`}: ${said}`,
        "Raise the task's timeout, or make it do less.",
      ),
    );
  }
  const forGood = refusals.find(([words]) => pod === undefined && words.test(refusal ?? ""));
  if (forGood !== undefined) {
    const [, code, hint] = forGood;
    return ended(pod, failed(code, `the cluster makes no pod for it: ${refusal}`, hint));
  }
  const over = job?.status?.conditions?.find(
    ({ type, status: is }) => ["Complete", "Failed"].includes(type) && is === "True",
  );
  if (pod === undefined && over !== undefined) {
    const said = `its Job has ended (${over.reason ?? over.type}), and its pod is gone with what it said`;
    return ended(pod, failed("TASK_CRASHED", said, "Give the task retries: somebody else deleted the pod."));
  }
  if (pod === undefined) {
    const said =
      refusal === undefined ? "the cluster has made no pod for it yet" : `the cluster makes no pod for it: ${refusal}`;
    return { kind: "waiting", note: refusal ?? "waiting for a pod", error: failed("UNSCHEDULABLE", said, quotaHint) };
  }
  const container = containerOf(pod);
  const terminated = container?.state?.terminated;
  const lost = whatTookIt(pod);
  if (status?.phase === "Succeeded" || status?.phase === "Failed" || terminated !== undefined) {
    if (terminated?.reason === "OOMKilled") return ended(pod, outOfMemory(task, terminated.exitCode));
    if (terminated?.reason === "ContainerCannotRun" || terminated?.reason === "StartError") {
      return ended(
        pod,
        failed("IMAGE_UNAVAILABLE", `its image doesn't start: ${terminated.message ?? terminated.reason}`, nodeHint),
      );
    }
    const took = terminated?.reason === "ContainerStatusUnknown" ? (terminated.message ?? terminated.reason) : lost;
    return ended(pod, took === undefined ? undefined : failed("EVICTED", took, evictedHint));
  }
  if (podGone) return ended(pod, failed("EVICTED", lost ?? `pod ${name} was deleted`, evictedHint));
  if (lost !== undefined && status?.phase === "Unknown") return ended(pod, failed("EVICTED", lost, evictedHint));
  if (container?.state?.running !== undefined && name !== undefined) return { kind: "running", pod: name };
  const { reason = "", message = "" } = container?.state?.waiting ?? {};
  const known = Object.hasOwn(vain, reason) ? vain[reason] : undefined;
  if (known !== undefined && !notYet.test(message)) {
    const [code, hint] = known;
    const said = reason === "ImagePullBackOff" ? (pullError ?? message) : message;
    return ended(pod, failed(code, `${reason}: ${said} (image ${container?.image ?? ""})`, hint));
  }
  const unplaced = status?.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False");
  if (unplaced !== undefined) {
    const said = `no node takes its pod: ${unplaced.message ?? unplaced.reason ?? ""}`;
    return { kind: "waiting", note: said, error: failed("UNSCHEDULABLE", said, roomHint) };
  }
  const said = [`pod ${name} doesn't start`, reason, message].filter((part) => part !== "").join(": ");
  return {
    kind: "waiting",
    note: reason === "" ? "starting" : reason,
    error: failed("UNSCHEDULABLE", said, startHint),
  };
}

/** What the registry said, which the state after it may not repeat. */
export function pullErrorOf(pod: V1Pod | undefined): string | undefined {
  const { reason, message } = containerOf(pod)?.state?.waiting ?? {};
  return reason === "ErrImagePull" ? message : undefined;
}

/** The error of a container that needed more than it has. */
export function outOfMemory(task: PlanTask, exitCode = 137): GlacierError {
  return new GlacierError("OUT_OF_MEMORY", {
    message: `task "${task.name}" needed more than its container's memory (OOMKilled, exit code ${exitCode})`,
    hint: "Raise compute.container({ memory }), or stream instead of keeping all data.",
    context: { task: task.name, exitCode },
  });
}

const quotaHint =
  "Raise the namespace's ResourceQuota, lower the tasks' cpu and memory or the run's concurrency, or give a longer { pendingTimeout }.";
const roomHint =
  "Add nodes that fit, lower the task's cpu, memory or gpu, or check { pod: { nodeSelector, tolerations } }.";
const startHint = "`kubectl describe pod` tells more: a volume that doesn't mount, a node that is slow to pull.";
const evictedHint =
  "Give the task retries: its machine was taken from it. Where it used too much disk, raise { scratch }.";
const nodeHint = "A task needs Node ≥ 22.18 in its image (node:24-slim, for example), also for a command.";

/** Why a pod is taken from its node, in the cluster's words. https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
function whatTookIt({ status, metadata }: V1Pod): string | undefined {
  const disrupted = status?.conditions?.find(({ type, status: is }) => type === "DisruptionTarget" && is === "True");
  // A pod that ended by itself has none.
  if (status?.reason !== undefined) return `${status.reason}: ${status.message ?? ""}`;
  if (disrupted !== undefined) return `${disrupted.reason ?? "DisruptionTarget"}: ${disrupted.message ?? ""}`;
  return metadata?.deletionTimestamp === undefined ? undefined : `pod ${metadata.name} was deleted`;
}

function ended(pod: V1Pod | undefined, error: GlacierError | undefined): PodState {
  const { exitCode, message } = containerOf(pod)?.state?.terminated ?? {};
  return {
    kind: "ended",
    ...(pod?.metadata?.name !== undefined && { pod: pod.metadata.name }),
    ...(exitCode !== undefined && { exitCode }),
    ...(message !== undefined && { message }),
    ...(error !== undefined && { error }),
  };
}

/** The task's own: a cluster may put others beside it. */
function containerOf(pod: V1Pod | undefined): V1ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find(({ name }) => name === containerName);
}
