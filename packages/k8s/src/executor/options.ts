import { GlacierError, type StorageResource } from "@glacier/core";
import type { KubeConfig, V1PodSpec } from "@kubernetes/client-node";
import { highestUser, type OwnField, ownFields } from "../pod/pod.ts";

/** Options of a `KubernetesExecutor`. */
export interface KubernetesExecutorOptions {
  /**
   * Where datasets without storage of their own go; manifests and journals are below `.glacier/` in it. Both this process and the
   * cluster's pods must reach it: a bucket, not a folder.
   */
  readonly storage: StorageResource;
  /** Path of a kubeconfig file. Default: `KUBECONFIG`, `~/.kube/config`, or inside of a cluster the pod's own service account. */
  readonly kubeconfig?: string;
  /** Default: the kubeconfig's current context. */
  readonly context?: string;
  /** Default: the context's, else `default`. */
  readonly namespace?: string;
  /** Image of tasks without compute, with Node ≥ 22.18. Default: `node:24-slim`. */
  readonly defaultImage?: string;
  /** The pods' service account: an identity of the cloud that opens the storage, for instance. Default: the namespace's. */
  readonly serviceAccount?: string;
  /** Name of a Secret in the namespace whose entries are environment variables of every pod: credentials of the storage. */
  readonly envFrom?: string;
  /** vCPUs of tasks that don't say. Default 1. */
  readonly cpu?: number;
  /** MiB of tasks that don't say. Default 2048. */
  readonly memory?: number;
  /** MiB of each pod's `/tmp`, where inputs and outputs of commands are. Default 10240. */
  readonly scratch?: number;
  /** Numeric user of the pods; never root. Default 65532. */
  readonly user?: number;
  /** Seconds that a pod may wait for room, quota or its image. Default 600. */
  readonly pendingTimeout?: number;
  /** Default: the cluster's own (`Always` for `:latest`, else `IfNotPresent`). */
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** Fields of the pods that the others don't reach: `nodeSelector`, `tolerations`, `imagePullSecrets`, `priorityClassName`. */
  readonly pod?: Omit<Partial<V1PodSpec>, OwnField>;
  /** Attempts side by side. Default 16. */
  readonly concurrency?: number;
  /** Where the values of secrets are looked up. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A client of your own, in place of `kubeconfig` and `context`. */
  readonly client?: KubernetesClient;
}

/** The Kubernetes client: its module, and where the cluster is. */
export interface KubernetesClient {
  readonly sdk: typeof import("@kubernetes/client-node");
  readonly config: KubeConfig;
}

/** What a timer of Node's takes, in seconds; a longer one would fire at once. */
export const longestPendingTimeout: number = Math.floor((2 ** 31 - 1) / 1000);

type Check = { accepts(value: unknown): boolean; readonly hint: string };

const text = (value: unknown): boolean => typeof value === "string" && value !== "";
const positive = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value) && value > 0;
const label = (value: unknown): boolean =>
  typeof value === "string" && value.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value);
const objectName = (value: unknown): boolean =>
  typeof value === "string" && value.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(value);

const checks: { readonly [K in keyof Required<KubernetesExecutorOptions>]: Check } = {
  storage: {
    accepts: (value) =>
      isRecord(value) && text(value["kind"]) && !["memory", "localFs"].includes(String(value["kind"])),
    hint: 'Give storage that this machine and the cluster reach: { kind: "s3", bucket: "…" }.',
  },
  kubeconfig: { accepts: text, hint: "Give the path of a kubeconfig file." },
  context: { accepts: text, hint: "Give the name of a context: `kubectl config get-contexts` lists them." },
  namespace: { accepts: label, hint: "Give the namespace's name: a-z, 0-9 and -, up to 63." },
  defaultImage: { accepts: text, hint: 'Give an image with Node 22.18 or later: "node:24-slim".' },
  serviceAccount: { accepts: objectName, hint: "Give the name of a ServiceAccount in the namespace." },
  envFrom: { accepts: objectName, hint: "Give the name of a Secret in the namespace." },
  cpu: { accepts: positive, hint: "Give vCPUs: a number above 0." },
  memory: { accepts: positive, hint: "Give MiB: a number above 0." },
  scratch: { accepts: positive, hint: "Give MiB: a number above 0." },
  user: {
    accepts: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= highestUser,
    hint: "Give the number of a user that isn't root: pods must pass the restricted Pod Security Standard.",
  },
  pendingTimeout: {
    accepts: (value) => positive(value) && Number(value) <= longestPendingTimeout,
    hint: `Give seconds: a number above 0, up to ${longestPendingTimeout}.`,
  },
  imagePullPolicy: {
    accepts: (value) => ["Always", "IfNotPresent", "Never"].includes(String(value)),
    hint: 'Give "Always", "IfNotPresent" or "Never".',
  },
  pod: {
    accepts: (value) => isRecord(value) && ownFields.every((name) => value[name] === undefined),
    hint: `Give fields of a pod's spec, but for ${ownFields.join(", ")}.`,
  },
  concurrency: {
    accepts: (value) => Number.isInteger(value) && Number(value) > 0,
    hint: "Give a whole number above 0: how many attempts run side by side.",
  },
  env: {
    accepts: (value) =>
      isRecord(value) && Object.values(value).every((part) => part === undefined || typeof part === "string"),
    hint: "Give an object of strings, such as process.env.",
  },
  client: {
    accepts: (value) => isRecord(value) && isRecord(value["sdk"]) && isRecord(value["config"]),
    hint: 'Give { sdk: await import("@kubernetes/client-node"), config: a KubeConfig of yours }.',
  },
};

/** Options may come from a config file, so types are no promise. Errors: `OPTION_INVALID`; never with a value in it. */
export function checkOptions(options: KubernetesExecutorOptions): void {
  if (!isRecord(options)) throw invalid("its options are no object", 'Give at least { storage: { kind: "s3", … } }.');
  for (const [name, value] of Object.entries(options)) {
    const check = (checks as Partial<Record<string, Check>>)[name];
    if (check === undefined) {
      throw invalid(`there is no option "${name}"`, `The options are ${Object.keys(checks).join(", ")}.`);
    }
    if (value !== undefined && !check.accepts(value)) throw invalid(`its option "${name}" is not valid`, check.hint);
  }
  if (options.storage === undefined) throw invalid("it is told no storage", checks.storage.hint);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The error of an option. */
export function invalid(what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `KubernetesExecutor: ${what}`, hint });
}
