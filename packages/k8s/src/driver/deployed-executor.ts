import {
  type ExecutionContext,
  type Executor,
  findTask,
  type Plan,
  type StorageResource,
  type TaskInvocation,
} from "@glacier/core";
import type { V1Job, V1PodSpec } from "@kubernetes/client-node";
import { inertJson, variables } from "../deployment.ts";
import { attemptLabels, attemptName, sha256 } from "../executor/attempt-name.ts";
import type { Cluster } from "../executor/cluster.ts";
import { jobAround } from "../executor/job.ts";
import { JobRunner } from "../executor/job-runner.ts";

/** A task's pod as it was compiled, but for what is an attempt's own. */
export interface TaskPod {
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: V1PodSpec;
}

/** What a {@link DeployedExecutor} needs to know of its deployment. */
export interface DeployedTasks {
  readonly state: StorageResource;
  readonly pods: Readonly<Record<string, TaskPod>>;
  /** The Job that starts the tasks', which go with it. */
  readonly owner: { readonly name: string; readonly uid: string };
  /** Seconds that a pod may wait for room, quota or its image. */
  readonly pendingTimeout: number;
}

/** Runs the tasks of a deployment as Jobs, each with its own account, by the pods that were compiled: code and secrets are there. */
export class DeployedExecutor implements Executor<"container"> {
  readonly name = "kubernetes";
  readonly supports: readonly "container"[] = ["container"];
  readonly defaultStorage: StorageResource;
  readonly state: StorageResource;
  readonly #tasks: DeployedTasks;
  readonly #cluster: Cluster;
  readonly #runner: JobRunner;

  constructor(tasks: DeployedTasks, cluster: Cluster) {
    this.defaultStorage = tasks.state;
    this.state = tasks.state;
    this.#tasks = tasks;
    this.#cluster = cluster;
    this.#runner = new JobRunner(tasks.pendingTimeout);
  }

  async execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    const { plan } = context;
    const task = findTask(plan.tasks, invocation.task);
    const told = withOwnSources(invocation, Object.values(task.inputs));
    const attempt = {
      name: attemptName(plan, invocation),
      task,
      // Its pod masks them in all that it prints, and nobody else knows them.
      secrets: {},
      digest: sha256(JSON.stringify([told, this.#tasks.pods[invocation.task]])),
      job: (mark: string) => this.#jobOf(plan, told, task.timeout, mark),
    };
    await this.#runner.run(attempt, invocation, context, this.#cluster);
  }

  async close(): Promise<void> {
    this.#runner.close();
  }

  #jobOf(plan: Plan, told: TaskInvocation, timeout: number | undefined, mark: string): V1Job {
    const { pods, owner } = this.#tasks;
    const { spec, labels } = pods[told.task] as TaskPod;
    const env = [
      { name: variables.invocation, value: inertJson(told) },
      { name: variables.mark, value: mark },
    ];
    return jobAround({
      name: attemptName(plan, told),
      labels: { ...labels, ...attemptLabels(plan, told) },
      pod: { ...spec, containers: spec.containers.map((one) => ({ ...one, env: [...(one.env ?? []), ...env] })) },
      timeout,
      owner: { apiVersion: "batch/v1", kind: "Job", ...owner },
    });
  }
}

/** An environment variable has no room for those of all tasks. */
function withOwnSources(invocation: TaskInvocation, inputs: readonly string[]): TaskInvocation {
  const own = Object.entries(invocation.sources).filter(([dataset]) => inputs.includes(dataset));
  return { ...invocation, sources: Object.fromEntries(own) };
}
