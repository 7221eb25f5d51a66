import { randomUUID } from "node:crypto";
import { GlacierError, type PlanTask } from "@glacier/core";
import { sleep } from "@glacier/core/execute";
import type { V1ConfigMap, V1Job, V1Secret } from "@kubernetes/client-node";
import { apiError, isThere, statusOf } from "./api-errors.ts";
import { keys } from "./attempt-name.ts";
import type { Cluster } from "./cluster.ts";
import { insist } from "./insist.ts";

/** One attempt, as the cluster is asked for it. */
export interface JobAttempt {
  readonly name: string;
  readonly task: PlanTask;
  /**
   * Tells what the attempt is told from what another of its name was. Without the values of secrets: whoever sees Jobs could
   * try theirs.
   */
  readonly digest: string;
  /** The Job. `mark` is what its pod starts each line of its log with that is for Glacier. */
  job(mark: string): V1Job;
  /** What the pod waits for, made after the Job that it goes with. */
  companions?(job: V1Job, mark: string): { readonly secret: V1Secret; readonly configMap?: V1ConfigMap };
}

/** Tries to take a name that another Job of the attempt is just leaving. */
const triesAtMost = 120;
const pause = 500;

/**
 * Starts an attempt's Job, or finds the one that an executor started which died. A Job that was told something else (other code,
 * other sources) is replaced. Answers its uid, and the mark in its pod's log. Where it fails the Job may be there all the same: the
 * answer was lost. Errors: those of `apiError`, the signal's reason.
 */
export async function startJob(
  attempt: JobAttempt,
  signal: AbortSignal,
  cluster: Cluster,
): Promise<{ readonly uid: string; readonly mark: string }> {
  const { name, task, digest } = attempt;
  const { namespace, batch, core } = cluster;
  const context = { task: task.name };
  const body = marked(attempt, `@glacier:${randomUUID()} `);
  const failed = (error: unknown): unknown =>
    signal.aborted ? signal.reason : apiError(error, cluster, { what: `start a Job for task "${task.name}"`, context });
  let job: V1Job | undefined;
  for (let tries = 1; job === undefined; tries++) {
    signal.throwIfAborted();
    try {
      job = await insist(() => batch.createNamespacedJob({ namespace, body }), signal);
    } catch (error) {
      // A quota is told of before a Job that is there, which it counts.
      if (!isThere(error) && statusOf(error) !== 403) throw failed(error);
      const found = findJob(name, cluster);
      const other = await (isThere(error) ? found : found.catch(() => undefined));
      if (other !== undefined && isToFollow(other, digest)) job = other;
      else if (!isThere(error)) throw failed(error);
      else if (tries === triesAtMost) throw stuck(name, task.name);
      else if (other !== undefined) {
        await deleteJob(name, cluster);
        await sleep(pause, signal);
      }
    }
  }
  const { uid = "", annotations = {} } = job.metadata ?? {};
  const mark = annotations[keys.mark] ?? "";
  try {
    const { secret, configMap } = attempt.companions?.(job, mark) ?? {};
    await Promise.all([
      secret && unlessThere(insist(() => core.createNamespacedSecret({ namespace, body: secret }), signal)),
      configMap && unlessThere(insist(() => core.createNamespacedConfigMap({ namespace, body: configMap }), signal)),
    ]);
  } catch (error) {
    throw failed(error);
  }
  return { uid, mark };
}

function marked({ job, digest }: JobAttempt, mark: string): V1Job {
  const { metadata, ...rest } = job(mark);
  return { ...rest, metadata: { ...metadata, annotations: { [keys.call]: digest, [keys.mark]: mark } } };
}

/** Deletes a Job with its pods, ConfigMap and Secret. That it isn't there is no error. */
export async function deleteJob(name: string, { namespace, batch }: Cluster): Promise<void> {
  await insist(() => batch.deleteNamespacedJob({ name, namespace, propagationPolicy: "Foreground" })).catch((error) => {
    if (statusOf(error) !== 404) throw error;
  });
}

/** A Job as it is now, or undefined where there is none. */
export async function findJob(name: string, cluster: Cluster): Promise<V1Job | undefined> {
  const { namespace, batch } = cluster;
  try {
    return await insist(() => batch.readNamespacedJob({ name, namespace }));
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
    if (!isThere(error)) throw error;
  });
}

/** What a Job that doesn't go means. */
export function stuck(name: string, task: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `task "${task}": Job ${name} is being deleted, and doesn't go`,
    hint: "Its node may be lost: `kubectl get pods -o wide` shows it.",
    context: { task },
  });
}
