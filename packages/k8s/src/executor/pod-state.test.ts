import type { PlanTask } from "@glacier/core";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { pullErrorOf, stateOf } from "./pod-state.ts";

const task = { name: "clean", timeout: 60 } as PlanTask;
const job = { metadata: { name: "clean-0123", uid: "u-1" }, status: {} };

/** As an API server has them, in the fields that count. */
function at(status: object, { metadata = {}, gone = false, pull = undefined as string | undefined } = {}) {
  const pod = { metadata: { name: "clean-0123-x", ...metadata }, status } as V1Pod;
  return stateOf({ job: job as V1Job, pod, podGone: gone, refusal: undefined }, task, pull);
}
const container = (state: object) => ({
  // A cluster may put others beside the task's.
  containerStatuses: [
    { name: "istio-proxy", image: "istio", state: { running: {} } },
    { name: "main", image: "registry/clean:1", state },
  ],
});
const waiting = (reason: string, message = "") => container({ waiting: { reason, message } });

it.each<[string, object, string, string]>([
  [
    "OOMKilled",
    { phase: "Failed", ...container({ terminated: { reason: "OOMKilled", exitCode: 137 } }) },
    "OUT_OF_MEMORY",
    "OOMKilled",
  ],
  [
    "InvalidImageName",
    { phase: "Pending", ...waiting("InvalidImageName", "couldn't parse image") },
    "IMAGE_UNAVAILABLE",
    "couldn't parse image",
  ],
  [
    "ErrImageNeverPull",
    { phase: "Pending", ...waiting("ErrImageNeverPull", "is not present") },
    "IMAGE_UNAVAILABLE",
    "is not present",
  ],
  [
    "no Node in the image",
    {
      phase: "Failed",
      ...container({ terminated: { reason: "ContainerCannotRun", exitCode: 127, message: 'exec: "node": not found' } }),
    },
    "IMAGE_UNAVAILABLE",
    'exec: "node"',
  ],
  [
    "Evicted",
    { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." },
    "EVICTED",
    "low on resource: memory",
  ],
  [
    "no room after all",
    { phase: "Failed", reason: "OutOfcpu", message: "Pod was rejected: Node didn't have enough resource: cpu" },
    "EVICTED",
    "didn't have enough resource",
  ],
  [
    "a node that came back without the container",
    {
      phase: "Failed",
      ...container({
        terminated: { reason: "ContainerStatusUnknown", exitCode: 137, message: "The container could not be located" },
      }),
    },
    "EVICTED",
    "could not be located",
  ],
  [
    "preempted",
    {
      phase: "Failed",
      conditions: [
        { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler", message: "for a critical pod" },
      ],
    },
    "EVICTED",
    "PreemptionByScheduler",
  ],
  [
    "node lost",
    { phase: "Unknown", reason: "NodeLost", message: "Node n1 which was running pod is unresponsive" },
    "EVICTED",
    "unresponsive",
  ],
  [
    "deadline of the pod",
    { phase: "Failed", reason: "DeadlineExceeded", message: "Pod was active on the node longer" },
    "TASK_TIMEOUT",
    "longer",
  ],
  [
    "a missing Secret of { envFrom }",
    { phase: "Pending", ...waiting("CreateContainerConfigError", 'secret "keys" not found') },
    "OPTION_INVALID",
    'secret "keys" not found',
  ],
])("%s is the end, with the pod's own words", (_, status, code, words) => {
  expect(at(status)).toMatchObject({
    kind: "ended",
    error: { code, message: expect.stringContaining(words), context: { task: "clean" } },
  });
});

it("ImagePullBackOff is the end, with what the registry said before it", () => {
  const first = { metadata: {}, status: waiting("ErrImagePull", "manifest unknown") } as V1Pod;
  expect(at(waiting("ErrImagePull", "manifest unknown")).kind).toBe("waiting");
  const state = at(waiting("ImagePullBackOff", "Back-off pulling image"), { ...{ pull: pullErrorOf(first) } });
  expect(state).toMatchObject({
    kind: "ended",
    error: { code: "IMAGE_UNAVAILABLE", message: expect.stringContaining("manifest unknown") },
  });
});

it("the Job's own deadline is the task's timeout", () => {
  const overdue = {
    ...job,
    status: { conditions: [{ type: "Failed", reason: "DeadlineExceeded", message: "Job was active longer" }] },
  };
  const look = { job: overdue as unknown as V1Job, pod: undefined, podGone: false, refusal: undefined };
  expect(stateOf(look, task, undefined)).toMatchObject({ kind: "ended", error: { code: "TASK_TIMEOUT" } });
});

it("a pod that no node takes waits, and says why when that is too long", () => {
  const message = "0/3 nodes are available: 3 Insufficient memory.";
  const state = at({
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  });
  expect(state).toMatchObject({
    kind: "waiting",
    error: { code: "UNSCHEDULABLE", message: expect.stringContaining(message) },
  });
});

it("a Job that gets no pod waits, and says why when that is too long", () => {
  const refusal = 'pods "clean-0123-" is forbidden: exceeded quota: small';
  const state = stateOf({ job: job as V1Job, pod: undefined, podGone: false, refusal }, task, undefined);
  expect(state).toMatchObject({
    kind: "waiting",
    error: { code: "UNSCHEDULABLE", message: expect.stringContaining("exceeded quota") },
  });
});

it.each([
  [
    'pods "clean-0123-" is forbidden: error looking up service account orders/runner: serviceaccount "runner" not found',
    "OPTION_INVALID",
    "serviceAccount",
  ],
  ['pods "clean-0123-" is forbidden: no PriorityClass with name high was found', "OPTION_INVALID", "priorityClassName"],
  [
    'pods "clean-0123-" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
    "UNSCHEDULABLE",
    "LimitRange",
  ],
  [
    'admission webhook "validation.gatekeeper.sh" denied the request: [owner] you must provide labels: {"owner"}',
    "PERMISSION_DENIED",
    "policy",
  ],
  [
    'pods "clean-0123-" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
    "PERMISSION_DENIED",
    "Pod Security",
  ],
])("a Job that never gets a pod is at its end: %s", (refusal, code, hint) => {
  const state = stateOf({ job: job as V1Job, pod: undefined, podGone: false, refusal }, task, undefined);
  expect(state).toMatchObject({
    kind: "ended",
    error: { code, message: expect.stringContaining(refusal), hint: expect.stringContaining(hint) },
  });
});

it("what hasn't come to the node yet is waited for", () => {
  const message = "failed to sync secret cache: timed out waiting for the condition";
  expect(at({ phase: "Pending", ...waiting("CreateContainerConfigError", message) }).kind).toBe("waiting");
});

it.each(["Complete", "Failed"])("a Job that is over and has no pod any more is at its end: %s", (type) => {
  const over = { ...job, status: { conditions: [{ type, status: "True", reason: "BackoffLimitExceeded" }] } };
  const look = { job: over as unknown as V1Job, pod: undefined, podGone: false, refusal: undefined };
  expect(stateOf(look, task, undefined)).toMatchObject({ kind: "ended", error: { code: "TASK_CRASHED" } });
});

it("a pod that was deleted is evicted, once it is gone", () => {
  const metadata = { deletionTimestamp: new Date(0) };
  const running = { phase: "Running", ...container({ running: {} }) };
  expect(at(running, { metadata }).kind).toBe("running");
  expect(at(running, { metadata, gone: true })).toMatchObject({ kind: "ended", error: { code: "EVICTED" } });
});

it("an end by itself is no error of the cluster's", () => {
  const terminated = { exitCode: 1, reason: "Error", message: '{"done":true}' };
  const state = at({ phase: "Failed", ...container({ terminated }) });
  expect(state).toEqual({ kind: "ended", pod: "clean-0123-x", exitCode: 1, message: '{"done":true}' });
});
