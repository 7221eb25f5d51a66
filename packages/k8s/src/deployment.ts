import type { StorageResource } from "@glacier/core";

/** What is deployed on its own: a pipeline, for one tenant or for none. */
export interface Deployment {
  readonly pipeline: string;
  readonly tenant?: string | undefined;
}

/** Environment variables that containers get. */
export const variables: {
  readonly [name in
    | "task"
    | "retries"
    | "run"
    | "invocation"
    | "mark"
    | "workflow"
    | "runId"
    | "params"
    | "status"
    | "failures"
    | "namespace"
    | "job"
    | "jobUid"
    | "pendingTimeout"
    | "secret"]: `GLACIER_${string}`;
} = {
  /** Tasks: the task's name. */
  task: "GLACIER_TASK",
  /** Of a workflow: how many attempts there were before this one, and the `RemoteRun` as JSON. */
  retries: "GLACIER_RETRIES",
  run: "GLACIER_RUN",
  /** Of the driver: the `TaskInvocation` as JSON, and what starts each line of the log that is for the driver. */
  invocation: "GLACIER_INVOCATION",
  mark: "GLACIER_MARK",
  /** Steps of a workflow: its name, the run's id where one is given, how it ended, and in base64 params and Argo's list of failures, both JSON. */
  workflow: "GLACIER_WORKFLOW",
  runId: "GLACIER_RUN_ID",
  params: "GLACIER_PARAMS",
  status: "GLACIER_STATUS",
  failures: "GLACIER_FAILURES",
  /** The driver: where it runs, and the Job that it is of. Its params are JSON as it is. */
  namespace: "GLACIER_NAMESPACE",
  job: "GLACIER_JOB",
  jobUid: "GLACIER_JOB_UID",
  /** Seconds that it lets a task's pod wait. */
  pendingTimeout: "GLACIER_PENDING_TIMEOUT",
  /** What stands before a secret's own name: `GLACIER_SECRET_api-key`. */
  secret: "GLACIER_SECRET_",
};

/** The one container of each pod; Argo wants this name. */
export const containerName = "main";

/** How a task's container ends. The error itself is in the run's journal, and in short in the container's termination message. */
export const exitCodes = { succeeded: 0, failed: 1, failedForGood: 2, stopped: 143 } as const;

/** Where the code's ConfigMaps are mounted; the file that runs it. */
export const codeFolder = "/glacier";
export const startFile = "start.mjs";

/** Bytes of a termination message. https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
export const largestTermination = 4096;

/**
 * JSON for an environment variable: with nothing in it that Kubernetes (`$(NAME)`) or Argo (`{{name}}`) would replace, nor
 * what Argo would quote as Go does, which JSON doesn't know: `\x7f`, `\U000e0001`.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function inertJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("{{", "{\\u007b")
    .replace(/[$\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A text for an environment variable, in which Kubernetes replaces nothing. */
export function inertText(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/** Where manifests, pins and run journals go, beside the datasets. */
export function stateOf(storage: StorageResource): StorageResource {
  const { key: _, ...root } = storage;
  const below = (path: unknown) => [String(path ?? "").replace(/\/+$/, ""), ".glacier/"].filter(Boolean).join("/");
  if (storage.kind === "localFs") return { ...root, basePath: below(storage["basePath"]) };
  if (storage.kind === "memory") return storage;
  return { ...root, prefix: below(storage["prefix"]) };
}
