import type {
  CoreV1Event,
  KubernetesListObject,
  KubernetesObject,
  ListWatch,
  V1Job,
  V1Pod,
} from "@kubernetes/client-node";
import { apiError, isSilence, silence, statusOf } from "./api-errors.ts";
import { keys } from "./attempt-name.ts";
import type { Cluster } from "./cluster.ts";

/** What the cluster has of an attempt now. */
export interface Look {
  readonly job: V1Job | undefined;
  /** The first pod that was seen; also when it is gone, as it was last. */
  readonly pod: V1Pod | undefined;
  readonly podGone: boolean;
  /** Why the Job controller makes no pod: an exceeded quota, a policy. */
  readonly refusal: string | undefined;
  /** Why it may be old: the cluster can't be watched at the moment. */
  readonly trouble?: string | undefined;
}

/** A Job's name may be another's later; its uid never is. */
export interface JobId {
  readonly name: string;
  readonly uid: string;
}

/** Watches all Jobs and pods of one run. */
export interface RunWatch {
  /** Errors: what keeps the cluster from being watched at all. */
  look(job: JobId): Look;
  /** Calls whenever something may have changed, until the answer is called. */
  onChange(listener: () => void): () => void;
  stop(): void;
}

/** Milliseconds before a watch that broke is begun again; and for how long that is tried: control planes are away for minutes. */
const pauses = { first: 500, longest: 10_000 } as const;
const longestOutage = 30 * 60 * 1000;
/** Likewise where credentials are refused: what checks them may just be starting again. */
const longestSignIn = 60 * 1000;

/**
 * Begins to watch. The client lists, watches from there, and lists again where the server has forgotten that version; a watch
 * that breaks is begun again here, unless the cluster refuses it or stays away.
 */
export function watchRun(cluster: Cluster, run: string): RunWatch {
  const { namespace, sdk, config, core, batch } = cluster;
  const listeners = new Set<() => void>();
  /** By the uids of their Jobs. */
  const pods = new Map<string, { pod: V1Pod; gone: boolean }>();
  const refusals = new Map<string, string>();
  const stops: (() => void)[] = [];
  /** What keeps them from being watched now, by path. */
  const troubles = new Map<string, string>();
  let refused: unknown;
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };

  function begin<T extends KubernetesObject>(
    path: string,
    list: () => Promise<KubernetesListObject<T>>,
    selectors: { readonly label?: string; readonly field?: string },
  ): ListWatch<T> {
    let pause: number = pauses.first;
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    /** When it broke, and didn't stand since. */
    let broken: number | undefined;
    const connection = new sdk.Watch(config);
    const connect = connection.watch.bind(connection);
    connection.watch = async (path, query, take, done) => {
      let ended = false;
      let stands = false;
      const request = await connect(path, query, take, async (error) => {
        ended = true;
        // To the client, silence is that of a watch with nothing to tell.
        const told = !stands && isSilence(error) ? new Error(silence) : error;
        // It doesn't wait for what it does then.
        await Promise.resolve(done(told)).catch(failed);
      });
      // The client doesn't know of a connection before it stands, and can't end it.
      if (stopped) request.abort();
      if (!ended) {
        stands = true;
        broken = undefined;
        pause = pauses.first;
        if (troubles.delete(path)) changed();
      }
      return request;
    };
    const watch = new sdk.ListWatch<T>(path, connection, list, false, selectors.label, selectors.field);
    const failed = (error: unknown) => {
      if (stopped) return;
      const status = statusOf(error);
      const failure = apiError(error, cluster, { what: `watch ${path.split("/").at(-1)}` });
      broken ??= Date.now();
      const lasted = Date.now() - broken;
      if (status === 403 || lasted > (status === 401 ? longestSignIn : longestOutage)) {
        refused ??= failure;
        changed();
        return;
      }
      if (lasted > pauses.longest) {
        troubles.set(path, `${failure.message}; it is tried again`);
        changed();
      }
      clearTimeout(timer);
      timer = setTimeout(() => void watch.start().catch(failed), pause);
      pause = Math.min(pause * 2, pauses.longest);
    };
    watch.on("error", failed);
    stops.push(() => {
      stopped = true;
      clearTimeout(timer);
      void watch.stop();
    });
    void watch.start().catch(failed);
    return watch;
  }

  const label = `${keys.run}=${run}`;
  const jobs = begin<V1Job>(
    `/apis/batch/v1/namespaces/${namespace}/jobs`,
    () => batch.listNamespacedJob({ namespace, labelSelector: label }),
    { label },
  );
  jobs.on("change", changed);

  const podWatch = begin<V1Pod>(
    `/api/v1/namespaces/${namespace}/pods`,
    () => core.listNamespacedPod({ namespace, labelSelector: label }),
    { label },
  );
  const seen = (gone: boolean) => (pod: V1Pod) => {
    const job = ownerOf(pod) ?? "";
    const known = pods.get(job);
    // The Job controller may replace a pod that was deleted; the attempt is the first.
    if (known === undefined || known.pod.metadata?.uid === pod.metadata?.uid) pods.set(job, { pod, gone });
    changed();
  };
  podWatch.on("add", seen(false));
  podWatch.on("update", seen(false));
  podWatch.on("delete", seen(true));

  const field = "involvedObject.kind=Job,reason=FailedCreate";
  const events = begin<CoreV1Event>(
    `/api/v1/namespaces/${namespace}/events`,
    () => core.listNamespacedEvent({ namespace, fieldSelector: field }),
    { field },
  );
  events.on("change", ({ involvedObject: { uid = "" }, message = "" }) => {
    refusals.set(uid, message);
    changed();
  });

  return {
    look({ name, uid }) {
      if (refused !== undefined) throw refused;
      const job = jobs.get(name, namespace);
      const found = pods.get(uid);
      return {
        job: job?.metadata?.uid === uid ? job : undefined,
        pod: found?.pod,
        podGone: found?.gone ?? false,
        refusal: refusals.get(uid),
        trouble: [...troubles.values()][0],
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

function ownerOf(pod: V1Pod): string | undefined {
  return pod.metadata?.ownerReferences?.find(({ kind }) => kind === "Job")?.uid;
}
