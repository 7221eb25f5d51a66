import { randomUUID } from "node:crypto";
import { GlacierError, type PlanTask } from "@glacier/core";
import type { V1Job } from "@kubernetes/client-node";
import { apiError, statusOf } from "./api-errors.ts";
import { keys, sha256 } from "./attempt-name.ts";
import type { Cluster } from "./cluster.ts";
import type { Code } from "./code.ts";
import { configMapOf, jobOf, secretOf } from "./manifests.ts";
import type { KubernetesExecutorOptions } from "./options.ts";
import type { PodCall } from "./protocol.ts";

/** One attempt, as the cluster is asked for it. */
export interface JobAttempt {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly task: PlanTask;
  readonly call: Omit<PodCall, "mark">;
  readonly code: Code;
  /** Where the code can be fetched; absent: by ConfigMap. */
  readonly codeUrl?: string | undefined;
  readonly signal: AbortSignal;
}

/** Tries to take a name that another Job of the attempt is just leaving. */
const triesAtMost = 120;
const pause = 500;

/**
 * Starts an attempt's Job, or finds the one that an executor started which died. A Job that was told something else (other code,
 * other sources) is replaced. Errors: those of `apiError`.
 */
export async function startJob(
  attempt: JobAttempt,
  options: KubernetesExecutorOptions,
  cluster: Cluster,
): Promise<V1Job> {
  const { name, labels, task, call, code, codeUrl, signal } = attempt;
  const { namespace, batch, core } = cluster;
  const context = { task: task.name };
  // Without the values of secrets: whoever sees Jobs could try theirs.
  const digest = sha256(JSON.stringify([call.task, code.hash, Object.keys(call.secrets)]));
  const body = jobOf(
    { name, labels, mark: `@glacier:${randomUUID()} `, call: digest, mapped: codeUrl === undefined },
    task,
    options,
  );
  const what = `start a Job for task "${task.name}"`;
  let job: V1Job | undefined;
  for (let tries = 1; job === undefined; tries++) {
    signal.throwIfAborted();
    try {
      job = await batch.createNamespacedJob({ namespace, body });
    } catch (error) {
      if (statusOf(error) !== 409) throw apiError(error, cluster, { what, context });
      const other = await findJob(name, cluster);
      if (other !== undefined && isToFollow(other, digest)) job = other;
      else if (tries === triesAtMost) throw stuck(name, task.name);
      else if (other !== undefined) {
        await deleteJob(name, cluster);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
  const mark = job.metadata?.annotations?.[keys.mark] ?? "";
  try {
    // After the Job, which they go with; its pod waits for them.
    await Promise.all([
      unlessThere(core.createNamespacedSecret({ namespace, body: secretOf(job, { ...call, mark }, codeUrl) })),
      ...(codeUrl === undefined
        ? [unlessThere(core.createNamespacedConfigMap({ namespace, body: configMapOf(job, code.bytes) }))]
        : []),
    ]);
  } catch (error) {
    await deleteJob(name, cluster).catch(() => {});
    throw apiError(error, cluster, { what, context });
  }
  return job;
}

/** Deletes a Job with its pods, ConfigMap and Secret. That it isn't there is no error. */
export async function deleteJob(name: string, { namespace, batch }: Cluster): Promise<void> {
  await batch.deleteNamespacedJob({ name, namespace, propagationPolicy: "Foreground" }).catch((error) => {
    if (statusOf(error) !== 404) throw error;
  });
}

/** A Job as it is now, or undefined where there is none. */
export async function findJob(name: string, cluster: Cluster): Promise<V1Job | undefined> {
  const { namespace, batch } = cluster;
  try {
    return await batch.readNamespacedJob({ name, namespace });
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw apiError(error, cluster, { what: `look at Job ${name}` });
  }
}

/** Who asks again for what has succeeded does so because it isn't there any more. */
function isToFollow({ metadata, status }: V1Job, digest: string): boolean {
  if (metadata?.deletionTimestamp !== undefined || (status?.succeeded ?? 0) > 0) return false;
  return metadata?.annotations?.[keys.call] === digest;
}

async function unlessThere(creating: Promise<unknown>): Promise<void> {
  await creating.catch((error) => {
    if (statusOf(error) !== 409) throw error;
  });
}

function stuck(name: string, task: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `task "${task}": Job ${name} of an attempt before is being deleted, and doesn't go`,
    hint: "Its node may be lost: `kubectl get pods -o wide` shows it.",
    context: { task },
  });
}
