import { createHash } from "node:crypto";
import type { Plan } from "@glacier/core";
import type { V1PodFailurePolicy } from "@kubernetes/client-node";
import { containerName, exitCodes, variables } from "../deployment.ts";
import { defaultPendingTimeout } from "../executor/job-runner.ts";
import { deploymentName, longestJobName, ownName } from "../names.ts";
import { folders, type Manifest, type PodSite, podSpec, taskEnv } from "../pod/pod.ts";
import type { Resources } from "../pod/resources.ts";
import type { Transform } from "./options.ts";
import { transformed } from "./print.ts";
import { scheduleOf, zoneOf } from "./schedule.ts";
import { clock, type Settings, type SizedTask } from "./settings.ts";

/** Pods of the driver that may die (its node, an update of the cluster) before the run counts as failed. */
const deaths = 6;
/**
 * A run that can't get better needs no further pod, and a node that is drained is nobody's failure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
const failurePolicy: V1PodFailurePolicy = {
  rules: [
    {
      action: "FailJob",
      onExitCodes: { containerName, operator: "In", values: [exitCodes.failedForGood] },
    },
    { action: "Ignore", onPodConditions: [{ status: "True", type: "DisruptionTarget" }] },
  ],
};

/** Seconds that a finished driver that the clock started stays to be looked at. */
const keptFor = 7 * 24 * 60 * 60;

/** What the driver starts tasks by: pods without what is an attempt's own. */
export function taskPods(tasks: readonly SizedTask[], settings: Settings, site: PodSite): Manifest {
  return Object.fromEntries(
    tasks.map(({ task, sized: { image, resources, env } }) => [
      task.name,
      {
        labels: settings.podLabels("task", task.name),
        spec: podSpec(
          {
            image,
            resources,
            role: "attempt",
            env: taskEnv(task, env, site.secrets),
            serviceAccount: settings.taskAccount(task.name),
          },
          site,
        ),
      },
    ]),
  );
}

/** A Job that runs the pipeline, once for each content of it and its code; with a schedule a CronJob. */
export function driver(
  plan: Plan,
  size: Resources,
  settings: Settings,
  site: PodSite,
  transform: Transform | undefined,
): Manifest {
  const job = {
    backoffLimit: deaths,
    podFailurePolicy: failurePolicy,
    template: { metadata: { labels: settings.podLabels("engine") }, spec: driverPod(size, settings, site) },
  };
  if (plan.schedule === undefined) {
    const named = (word: string): Manifest => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: settings.metadata(ownName(settings.deployment, `run-${word}`), "engine"),
      spec: job,
    });
    // Jobs can't be changed: one that would differ, in its code's names for instance, is another. It stays when it is over: where
    // manifests are applied again and again, one that is gone would run again.
    return named(hashOf(transformed(named(hashOf(job)), transform)["spec"]));
  }
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: settings.metadata(deploymentName(settings.deployment, longestJobName), "engine"),
    spec: {
      ...clock,
      jobTemplate: {
        metadata: { labels: settings.labels("engine") },
        spec: { ...job, ttlSecondsAfterFinished: keptFor },
      },
      schedule: scheduleOf(plan.schedule.cron),
      timeZone: zoneOf(plan.schedule.timeZone),
    },
  };
}

function hashOf(content: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(content) ?? "")
    .digest("hex")
    .slice(0, 8);
}

function driverPod(resources: Resources, settings: Settings, site: PodSite): Manifest {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return podSpec(
    {
      image: settings.defaultImage,
      resources,
      role: "driver",
      serviceAccount: settings.engineAccount,
      token: true,
      env: [
        ...folders,
        { name: variables.params, value: settings.params },
        { name: variables.pendingTimeout, value: String(settings.pendingTimeout ?? defaultPendingTimeout) },
        field(variables.job, "metadata.labels['job-name']"),
        field(variables.jobUid, "metadata.labels['controller-uid']"),
        field(variables.namespace, "metadata.namespace"),
      ],
    },
    site,
  );
}
