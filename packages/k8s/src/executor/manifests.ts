import { gzipSync } from "node:zlib";
import type { ContainerCompute, PlanTask } from "@glacier/core";
import type { V1ConfigMap, V1Job, V1ObjectMeta, V1PodSpec, V1Secret } from "@kubernetes/client-node";
import { containerName, inertText } from "../deployment.ts";
import { heapFlag } from "../pod/pod.ts";
import { amounts, defaultSize, mebibytes } from "../pod/resources.ts";
import { companionName } from "./attempt-name.ts";
import { jobAround } from "./job.ts";
import type { KubernetesExecutorOptions } from "./options.ts";
import { type PodCall, paths } from "./protocol.ts";

/** Image of tasks without compute. */
export const defaultImage = "node:24-slim";

/** Unpacks the code and loads it; not as the main module, whose `import.meta.main` would hold for the pipeline's. */
const starter = `
const fs = require("node:fs");
(async () => {
  const url = "${paths.call}/${paths.urlFile}";
  let bytes;
  if (!fs.existsSync(url)) bytes = fs.readFileSync("${paths.code}/${paths.codeFile}");
  else {
    const answer = await fetch(fs.readFileSync(url, "utf8"));
    if (!answer.ok) throw new Error("the code can't be fetched from the run's storage: HTTP " + answer.status);
    bytes = Buffer.from(await answer.arrayBuffer());
  }
  const folder = fs.mkdtempSync("/tmp/glacier-code-");
  for (const [name, text] of Object.entries(JSON.parse(require("node:zlib").gunzipSync(bytes)))) fs.writeFileSync(folder + "/" + name, text);
  await import(folder + "/task.mjs");
})();`.trim();

/** What the Job of an executor's attempt depends on, beside its task and the options. */
export interface AttemptParts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of its Secret, and of its ConfigMap. */
  readonly companion: string;
  /** Whether the code is in a ConfigMap. */
  readonly mapped: boolean;
}

/** The Job of one attempt, whose pod passes the restricted Pod Security Standard: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export function jobOf(
  { name, labels, companion, mapped }: AttemptParts,
  task: PlanTask,
  options: KubernetesExecutorOptions,
): V1Job {
  const compute = (task.compute ?? {}) as Partial<ContainerCompute>;
  const memory = compute.memory ?? options.memory ?? defaultSize.memory;
  const resources = { ...amounts(compute.cpu ?? options.cpu ?? defaultSize.cpu, memory, compute.gpu) };
  const env = { HOME: "/tmp", ...compute.env };
  const pod: V1PodSpec = {
    ...podOf(companion, mapped, options),
    containers: [
      {
        name: containerName,
        image: compute.image ?? options.defaultImage ?? defaultImage,
        ...(options.imagePullPolicy !== undefined && { imagePullPolicy: options.imagePullPolicy }),
        command: ["node", heapFlag(memory), "--enable-source-maps", "-e", starter],
        workingDir: "/tmp",
        env: Object.entries(env).map(([key, value]) => ({ name: key, value: inertText(value) })),
        ...(options.envFrom !== undefined && { envFrom: [{ secretRef: { name: options.envFrom } }] }),
        resources: { requests: resources, limits: resources },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        terminationMessagePath: paths.message,
        volumeMounts: [
          ...(mapped ? [{ name: "code", mountPath: paths.code, readOnly: true }] : []),
          { name: "call", mountPath: paths.call, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
  };
  return jobAround({ name, labels, pod, timeout: task.timeout });
}

function podOf(companion: string, mapped: boolean, options: KubernetesExecutorOptions): Omit<V1PodSpec, "containers"> {
  const { serviceAccount, scratch = 10_240, user = 65_532, pod = {} } = options;
  return {
    automountServiceAccountToken: false,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    terminationGracePeriodSeconds: 5,
    enableServiceLinks: false,
    ...pod,
    restartPolicy: "Never",
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumes: [
      ...(mapped ? [{ name: "code", configMap: { name: companion } }] : []),
      { name: "call", secret: { secretName: companion, defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { sizeLimit: mebibytes(scratch) } },
    ],
  };
}

/** The code, which goes with its Job. */
export function configMapOf(job: V1Job, mark: string, code: Uint8Array): V1ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: companionOf(job, mark),
    binaryData: { [paths.codeFile]: Buffer.from(code).toString("base64") },
  };
}

/** What the attempt is told, with the values of its secrets; goes with its Job. */
export function secretOf(job: V1Job, call: PodCall, codeUrl?: string): V1Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: companionOf(job, call.mark),
    data: {
      [paths.callFile]: gzipSync(JSON.stringify(call)).toString("base64"),
      // Who has it may read the code.
      ...(codeUrl !== undefined && { [paths.urlFile]: Buffer.from(codeUrl).toString("base64") }),
    },
  };
}

function companionOf({ metadata: { name = "", uid = "", labels = {} } = {} }: V1Job, mark: string): V1ObjectMeta {
  const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name, uid }];
  return { name: companionName(name, mark), labels, ownerReferences };
}
