import { GlacierError, type Json, type StorageResource } from "@glacier/core";
import { isJson, isJsonObject } from "@glacier/core/compile";
import { inertJson } from "../deployment.ts";
import { longestPendingTimeout } from "../executor/options.ts";
import { highestUser, type Manifest, ownFields } from "../pod/pod.ts";

/** Options of a `KubernetesTarget`. */
export interface KubernetesTargetOptions {
  /**
   * Where datasets without storage of their own go; manifests and journals are below `.glacier/` in it. The cluster's pods
   * must reach it: a bucket, or a server in the cluster.
   */
  readonly storage: StorageResource;
  /**
   * What runs the graph: Argo Workflows, which must be installed, or Glacier's own scheduler in a Job, which starts the tasks as Jobs.
   * Default `"argo"`.
   */
  readonly engine?: "argo" | "driver";
  /** What a run's params are unless it is started with others. Default `{}`. */
  readonly params?: Json;
  /** Default: one of the deployment's own, `<pipeline>` or `<tenant>---<pipeline>`. */
  readonly namespace?: string;
  /** Whether the namespace comes with the deployment, with its quota and default limits. Default true; false where others share it. */
  readonly createNamespace?: boolean;
  /** Image of tasks without compute, with Node ≥ 22.18. Default `node:24-slim`. */
  readonly defaultImage?: string;
  /** Default: the cluster's own (`Always` for `:latest`, else `IfNotPresent`). */
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** MiB of each pod's `/tmp`, where inputs and outputs of commands are. Default 10240. */
  readonly scratch?: number;
  /** Numeric user of the pods; never root. Default 65532. */
  readonly user?: number;
  /** Name of a Secret in the namespace whose entries are environment variables of every pod: credentials of the storage. */
  readonly envFrom?: string;
  /** Who the pods are for a cloud: what opens the storage. `tasks` has those that differ. */
  readonly identity?: Identity & { readonly tasks?: Readonly<Record<string, Identity>> };
  /**
   * Seconds that a task's pod may wait for room, quota or its image. Default 600 with `"driver"`; with `"argo"` none, and it needs
   * Argo ≥ 4.1.
   */
  readonly pendingTimeout?: number;
  /** Ports that pods may connect to beside HTTPS, DNS and the storage's, on any address: `[5432]`. */
  readonly egressPorts?: readonly number[];
  /** Fields of every pod that the others don't reach: `nodeSelector`, `tolerations`, `imagePullSecrets`, `priorityClassName`. */
  readonly pod?: Manifest;
  /** Changes each manifest right before it is printed, to set what these options don't. What it returns must be JSON. */
  readonly transform?: Transform;
}

/** A workload identity: the cloud's account that a ServiceAccount stands for. */
export interface Identity {
  /** ARN of a role. https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html */
  readonly aws?: string;
  /** E-mail of a Google service account. https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity */
  readonly gcp?: string;
  /** Client id of a managed identity. https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html */
  readonly azure?: string;
}

/** Answers the manifest to print; `manifest` is the caller's to change. */
export type Transform = (manifest: { [field: string]: Json }) => { [field: string]: Json };

/** Options may come from a config file, so types are no promise. Errors: `OPTION_INVALID`; never with a value in it. */
export function checkOptions(options: KubernetesTargetOptions): KubernetesTargetOptions {
  if (!isRecord(options)) throw invalid("its options are no object", checks.storage.hint);
  for (const [name, value] of Object.entries(options)) {
    const check = (checks as Partial<Record<string, Check>>)[name];
    if (check === undefined)
      throw invalid(`there is no option "${name}"`, `The options are ${Object.keys(checks).join(", ")}.`);
    if (value !== undefined && !check.accepts(value)) throw invalid(`its option "${name}" is not valid`, check.hint);
  }
  if (options.storage === undefined) throw invalid('it needs the option "storage"', checks.storage.hint);
  return options;
}

interface Check {
  accepts(value: unknown): boolean;
  readonly hint: string;
}

/** Bytes; Linux takes twice as much in a variable. */
const longestParams = 64 * 1024;
const label = matches(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const identities = {
  aws: matches(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
  gcp: matches(/^[a-z0-9-]+@[a-z0-9.-]+\.iam\.gserviceaccount\.com$/),
  azure: matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
};

const checks: { readonly [K in keyof Required<KubernetesTargetOptions>]: Check } = {
  storage: {
    accepts: (value) =>
      isRecord(value) &&
      typeof value["kind"] === "string" &&
      !["", "memory", "localFs"].includes(value["kind"]) &&
      value["key"] === undefined,
    hint: 'Give storage that the cluster reaches: { storage: { kind: "s3", bucket: "…" } }.',
  },
  engine: { accepts: (value) => value === "argo" || value === "driver", hint: 'Give "argo" or "driver".' },
  params: {
    accepts: (value) => isJson(value) && Buffer.byteLength(inertJson(value)) <= longestParams,
    hint: "Give what JSON can hold, in 64 KiB: pods get it in an environment variable.",
  },
  namespace: { accepts: label, hint: 'Give the namespace\'s name: a-z, 0-9 and "-", up to 63.' },
  createNamespace: { accepts: isBoolean, hint: "Give true or false." },
  defaultImage: { accepts: matches(/^\S+$/), hint: 'Give an image with Node 22.18 or later: "node:24-slim".' },
  imagePullPolicy: {
    accepts: (value) => ["Always", "IfNotPresent", "Never"].includes(String(value)),
    hint: 'Give "Always", "IfNotPresent" or "Never".',
  },
  scratch: { accepts: isWhole, hint: "Give MiB: a whole number above 0." },
  user: {
    accepts: (value) => isWhole(value) && value <= highestUser,
    hint: "Give the number of a user that isn't root: pods must pass the restricted Pod Security Standard.",
  },
  envFrom: {
    accepts: matches(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/),
    hint: "Give the name of a Secret in the namespace.",
  },
  identity: {
    accepts: (value) =>
      isIdentity(value, ["tasks"]) &&
      (value["tasks"] === undefined ||
        (isRecord(value["tasks"]) && Object.values(value["tasks"]).every((one) => isIdentity(one)))),
    hint: "Give { aws: a role's ARN }, { gcp: a service account's e-mail } or { azure: a client id }, and tasks: { name: the same } where they differ.",
  },
  pendingTimeout: {
    accepts: (value) => isWhole(value) && value <= longestPendingTimeout,
    hint: `Give seconds: a whole number above 0, up to ${longestPendingTimeout}.`,
  },
  egressPorts: {
    accepts: (value) => Array.isArray(value) && value.every((port) => isWhole(port) && port < 65_536),
    hint: "Give a list of port numbers.",
  },
  pod: {
    accepts: (value) => isJsonObject(value) && ownFields.every((name) => value[name] === undefined),
    hint: `Give fields of a pod's spec, but for ${ownFields.join(", ")}.`,
  },
  transform: { accepts: (value) => typeof value === "function", hint: "Give a function: (manifest) => manifest." },
};

function isIdentity(value: unknown, more: readonly string[] = []): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(([name, text]) =>
    Object.hasOwn(identities, name) ? identities[name as keyof typeof identities](text) : more.includes(name),
  );
}

function matches(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error of an option. */
export function invalid(what: string, hint: string): GlacierError {
  return new GlacierError("OPTION_INVALID", { message: `KubernetesTarget: ${what}`, hint });
}
