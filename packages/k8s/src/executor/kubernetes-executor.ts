import {
  type AnyPipeline,
  type ExecutionContext,
  type Executor,
  findDataset,
  findTask,
  GlacierError,
  type Plan,
  type PlanTask,
  type StorageResource,
  type TaskInvocation,
} from "@glacier/core";
import { secretsOf, withoutModule } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import type { V1Job } from "@kubernetes/client-node";
import { stateOf } from "../deployment.ts";
import { sizeTask } from "../pod/resources.ts";
import { outOfReach } from "../reach.ts";
import { attemptLabels, attemptName, companionName, sha256 } from "./attempt-name.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import { buildCode, type Code, largestConfigMap } from "./code.ts";
import { type Shelf, shelveCode } from "./code-url.ts";
import { JobRunner } from "./job-runner.ts";
import { configMapOf, defaultImage, jobOf, secretOf } from "./manifests.ts";
import { checkOptions, type KubernetesExecutorOptions } from "./options.ts";
import { checkCluster } from "./permissions.ts";

/** The compute kinds of Kubernetes. */
export type KubernetesKind = "container";

/**
 * Runs each task as a Job in a Kubernetes cluster: `container` tasks in their images, those without compute in the default one.
 * Started again with the id of a run whose process died, it goes on with the Jobs that are still there.
 *
 * Errors: `OPTION_INVALID`.
 *
 * @example
 * const storage = { kind: "s3", bucket: "orders" };
 * await pipeline.run({ executor: new KubernetesExecutor({ namespace: "orders", storage }) });
 */
export class KubernetesExecutor implements Executor<KubernetesKind> {
  readonly name = "kubernetes";
  readonly supports: readonly KubernetesKind[] = ["container"];
  readonly defaultStorage: StorageResource;
  readonly state: StorageResource;
  readonly concurrency?: number;
  readonly #options: KubernetesExecutorOptions;
  #cluster: Promise<Cluster> | undefined;
  readonly #runner: JobRunner;
  /** Code that is too large for a ConfigMap, by its run and its hash. */
  readonly #shelves = new Map<string, Promise<Shelf>>();

  constructor(options: KubernetesExecutorOptions) {
    checkOptions(options);
    this.#options = options;
    const { storage, concurrency, pendingTimeout } = options;
    this.#runner = new JobRunner(pendingTimeout);
    this.defaultStorage = storage;
    this.state = stateOf(storage);
    if (concurrency !== undefined) this.concurrency = concurrency;
  }

  async execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    const { plan, pipeline } = context;
    if (pipeline.module === undefined) throw withoutModule(pipeline.name, invocation.task);
    const task = findTask(plan.tasks, invocation.task);
    const { env } = this.#options;
    const secrets = await secretsOf(task, nodeRuntime(env === undefined ? {} : { env }));
    const [cluster, code] = await Promise.all([this.#open(), buildCode(pipeline.module, context)]);
    const shelf =
      code.bytes.length > largestConfigMap ? await this.#shelve(code, invocation.runId, context) : undefined;
    const codeUrl = await shelf?.url();
    const told = { ...code.modules, plan, invocation };
    const name = attemptName(plan, invocation);
    const labels = attemptLabels(plan, invocation);
    const mapped = codeUrl === undefined;
    const job = (mark: string): V1Job =>
      jobOf({ name, labels, companion: companionName(name, mark), mapped }, task, this.#options);
    const attempt = {
      name,
      task,
      secrets,
      digest: sha256(JSON.stringify([told, code.hash, Object.keys(secrets), job("")])),
      job,
      companions: (job: V1Job, mark: string) => ({
        secret: secretOf(job, { task: told, secrets, mark }, codeUrl),
        ...(mapped && { configMap: configMapOf(job, mark, code.bytes) }),
      }),
    };
    await this.#runner.run(attempt, invocation, context, cluster);
  }

  async check(plan: Plan, pipeline: AnyPipeline): Promise<readonly Error[]> {
    const [first] = plan.tasks;
    if (first === undefined) return [];
    if (pipeline.module === undefined) return [withoutModule(pipeline.name, first.name)];
    // Kinds that this executor doesn't run are core's to refuse.
    const own = plan.tasks.filter(({ compute }) => compute === undefined || compute.kind === "container");
    const mistakes = own.flatMap((task) => [...unreachable(task, plan, this.#options), ...unsized(task)]);
    if (mistakes.length === 0 && own[0] !== undefined) {
      const labels = attemptLabels(plan, { runId: "check", task: own[0].name, attempt: 1 });
      await checkCluster(await this.#open(), own[0], labels, this.#options);
    }
    return mistakes;
  }

  async close(): Promise<void> {
    this.#runner.close();
    const shelves = [...this.#shelves.values()];
    this.#shelves.clear();
    for (const shelf of shelves) await shelf.then(({ clear }) => clear()).catch(() => {});
  }

  #open(): Promise<Cluster> {
    this.#cluster ??= openCluster(this.#options);
    this.#cluster.catch(() => {
      this.#cluster = undefined;
    });
    return this.#cluster;
  }

  #shelve(code: Code, runId: string, context: ExecutionContext): Promise<Shelf> {
    const id = `${runId}/${code.hash}`;
    let shelf = this.#shelves.get(id);
    if (shelf === undefined) {
      shelf = shelveCode(code, runId, context);
      shelf.catch(() => this.#shelves.delete(id));
      this.#shelves.set(id, shelf);
    }
    return shelf;
  }
}

function unsized(task: PlanTask): readonly GlacierError[] {
  const sized = sizeTask(task, defaultImage);
  return "image" in sized ? [] : sized;
}

function unreachable(task: PlanTask, { datasets }: Plan, { pod }: KubernetesExecutorOptions): GlacierError[] {
  const quarantine = typeof task.onInvalid === "string" ? [] : [task.onInvalid.quarantine];
  const names = new Set([...Object.values(task.inputs), ...Object.values(task.outputs), ...quarantine]);
  return [...names].flatMap((dataset) => {
    const place = outOfReach(findDataset(datasets, dataset).storage, pod);
    if (place === undefined) return [];
    return [
      new GlacierError("STORAGE_UNREACHABLE", {
        message: `task "${task.name}" runs in a cluster, which can't reach dataset "${dataset}" ${place}`,
        hint: "Bind it to storage that both reach: a bucket, a server.",
        context: { task: task.name, dataset },
      }),
    ];
  });
}
