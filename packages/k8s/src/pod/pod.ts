import type { PlanTask } from "@glacier/core";
import { codeFolder, containerName, inertText, startFile, variables } from "../deployment.ts";
import { mebibytes, mibOf, type Resources } from "./resources.ts";

/** A Kubernetes object, or a part of one, as YAML and JSON have it. */
export type Manifest = { readonly [field: string]: unknown };

/** What is the same in all pods of a deployment. */
export interface PodSite {
  /** Names of the ConfigMaps that the code is in; see `code/`. */
  readonly code: readonly string[];
  /** Name of the Secret that tasks' secrets are in. */
  readonly secrets: string;
  /** User and group that containers run as; never 0. */
  readonly user: number;
  /** MiB of `/tmp`, the only place that can be written. */
  readonly scratch: number;
  /** Name of a Secret whose entries are environment variables of every pod. */
  readonly envFrom: string | undefined;
  readonly imagePullPolicy: string | undefined;
  /** Further fields of every pod's spec. */
  readonly pod: Manifest;
}

/** What one pod runs. */
export interface PodContent {
  readonly image: string;
  readonly resources: Resources;
  /** What `start.mjs` is told to run: `task`, `attempt`, `begin`, `finish`, `driver`. */
  readonly role: string;
  readonly env?: readonly Manifest[];
  /** Of a pod; a template of Argo's says it itself. */
  readonly serviceAccount?: string;
  /** Whether its own code talks to the cluster. */
  readonly token?: boolean;
}

/** Fields of a pod's spec that are not for the option `pod`: the target's and the executor's own, and what would make it more than a task's. */
export const ownFields = [
  "containers",
  "initContainers",
  "ephemeralContainers",
  "volumes",
  "restartPolicy",
  "automountServiceAccountToken",
  "securityContext",
  "serviceAccount",
  "serviceAccountName",
  "hostIPC",
  "hostPID",
] as const;
export type OwnField = (typeof ownFields)[number];

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#security-context-1 */
export const highestUser: number = 2 ** 31 - 1;

/** Seconds that a pod outlives its task's timeout, so that the attempt itself tells of it; and that a pod gets to end. */
export const grace = 30;

/**
 * A pod that passes the restricted Pod Security Standard, runs once, and reads its code from ConfigMaps.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function podSpec(content: PodContent, site: PodSite): Manifest {
  const { serviceAccount, token = false } = content;
  return {
    restartPolicy: "Never",
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    automountServiceAccountToken: token,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: grace,
    securityContext: podSecurity(site),
    ...site.pod,
    containers: [container(content, site)],
    volumes: volumes(site),
  };
}

/** The pod's one container. */
export function container({ image, role, env = [], resources }: PodContent, site: PodSite): Manifest {
  const { envFrom, imagePullPolicy } = site;
  return {
    name: containerName,
    image,
    ...(imagePullPolicy !== undefined && { imagePullPolicy }),
    command: ["node", heapFlag(mibOf(resources)), "--enable-source-maps", `${codeFolder}/${startFile}`],
    args: [role],
    env: [...env].sort((a, b) => (String(a["name"]) < String(b["name"]) ? -1 : 1)),
    ...(envFrom !== undefined && { envFrom: [{ secretRef: { name: envFrom } }] }),
    resources: { requests: resources, limits: resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [
      { name: "code", mountPath: codeFolder, readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** The share of a container's memory that V8 may fill with its heap; buffers and Node itself need the rest. */
const heapShare = 0.9;

/** Tells V8 of a container's MiB: by itself it takes half of them at most. */
export function heapFlag(memory: number): string {
  return `--max-old-space-size=${Math.max(1, Math.floor(memory * heapShare))}`;
}

/** Of the pod as a whole, so that it holds for containers that an engine adds, too. */
export function podSecurity({ user }: PodSite): Manifest {
  return {
    fsGroup: user,
    runAsGroup: user,
    runAsNonRoot: true,
    runAsUser: user,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** The code, of as many ConfigMaps as it takes, and `/tmp`. */
export function volumes({ code, scratch }: PodSite): Manifest[] {
  return [
    { name: "code", projected: { sources: code.map((name) => ({ configMap: { name } })) } },
    { name: "tmp", emptyDir: { sizeLimit: mebibytes(scratch) } },
  ];
}

/** The image's own folders can't be written. */
export const folders: readonly Manifest[] = ["HOME", "TMPDIR"].map((name) => ({ name, value: "/tmp" }));

/** A task's own variables, and its secrets by reference. */
export function taskEnv(task: PlanTask, env: Readonly<Record<string, string>>, secrets: string): Manifest[] {
  return [
    { name: variables.task, value: task.name },
    ...folders.filter(({ name }) => !Object.hasOwn(env, String(name))),
    ...Object.entries(env).map(([name, value]) => ({ name, value: inertText(value) })),
    ...[...new Set(Object.values(task.secrets))].map((key) => ({
      name: `${variables.secret}${key}`,
      valueFrom: { secretKeyRef: { name: secrets, key } },
    })),
  ];
}
