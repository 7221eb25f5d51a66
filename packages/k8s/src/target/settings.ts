import type { Plan, PlanTask } from "@glacier/core";
import { type Deployment, inertJson } from "../deployment.ts";
import { type Component, labelsOf } from "../labels.ts";
import { deploymentName, ownName, secretsName, taskName } from "../names.ts";
import type { Manifest, PodSite } from "../pod/pod.ts";
import type { Sized } from "../pod/resources.ts";
import type { Identity, KubernetesTargetOptions } from "./options.ts";

/** A task with all that its pod needs. */
export interface SizedTask {
  readonly task: PlanTask;
  readonly sized: Sized;
}

/**
 * How often starts by the clock are kept, and for how long one that was missed is made up for: the cluster was down. Less than
 * a hundred minutes, after which a CronJob gives up where it should start each minute.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline
 */
export const clock: {
  readonly concurrencyPolicy: "Forbid";
  readonly failedJobsHistoryLimit: number;
  readonly startingDeadlineSeconds: number;
  readonly successfulJobsHistoryLimit: number;
} = {
  concurrencyPolicy: "Forbid",
  failedJobsHistoryLimit: 3,
  startingDeadlineSeconds: 60 * 60,
  successfulJobsHistoryLimit: 3,
};

/** Options and names, settled for one plan. */
export class Settings {
  readonly deployment: Deployment;
  readonly name: string;
  readonly namespace: string;
  readonly createNamespace: boolean;
  readonly defaultImage: string;
  readonly egressPorts: readonly number[];
  readonly engine: "argo" | "driver";
  /** JSON. */
  readonly params: string;
  /** Seconds, where the options say them. */
  readonly pendingTimeout: number | undefined;
  readonly #options: KubernetesTargetOptions;

  constructor(options: KubernetesTargetOptions, { pipeline, tenant }: Plan) {
    this.#options = options;
    this.deployment = { pipeline, tenant };
    this.name = deploymentName(this.deployment);
    this.namespace = options.namespace ?? this.name;
    this.createNamespace = options.createNamespace ?? true;
    this.defaultImage = options.defaultImage ?? "node:24-slim";
    this.egressPorts = options.egressPorts ?? [];
    this.engine = options.engine ?? "argo";
    this.params = inertJson(options.params ?? {});
    this.pendingTimeout = options.pendingTimeout;
  }

  /** The account of what starts and ends runs. */
  get engineAccount(): string {
    return ownName(this.deployment, "engine");
  }

  taskAccount(task: string): string {
    return taskName(this.deployment, task);
  }

  identity(task?: string): Identity {
    const { tasks = {}, ...shared } = this.#options.identity ?? {};
    return (task !== undefined && Object.hasOwn(tasks, task) ? tasks[task] : undefined) ?? shared;
  }

  /** Whether any pod is someone at that cloud. */
  uses(cloud: keyof Identity): boolean {
    const { tasks = {}, ...shared } = this.#options.identity ?? {};
    return [shared, ...Object.values(tasks)].some((identity) => identity[cloud] !== undefined);
  }

  /** What all pods share. `code` are the ConfigMaps' names. */
  site(code: readonly string[]): PodSite {
    const { user = 65_532, scratch = 10_240, envFrom, imagePullPolicy, pod = {} } = this.#options;
    return { code, secrets: secretsName(this.deployment), user, scratch, envFrom, imagePullPolicy, pod };
  }

  /** The metadata of an object of the namespace. */
  metadata(name: string, component: Component, more: Manifest = {}): Manifest {
    return { name, namespace: this.namespace, labels: this.labels(component), ...more };
  }

  labels(component: Component, task?: string): Record<string, string> {
    return labelsOf(this.deployment, component, task);
  }

  /** Labels of a pod: an identity of Azure's is asked for there. */
  podLabels(component: Component, task?: string): Record<string, string> {
    const azure = this.identity(task).azure !== undefined;
    return { ...this.labels(component, task), ...(azure && { "azure.workload.identity/use": "true" }) };
  }
}
