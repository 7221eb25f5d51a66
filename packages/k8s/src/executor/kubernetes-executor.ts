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
import { outputLog, secretsOf, withoutModule } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { stateOf } from "../deployment.ts";
import { labelValue } from "../names.ts";
import { sizeTask } from "../pod/resources.ts";
import { attemptLabels, attemptName } from "./attempt-name.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import { buildCode, largestConfigMap } from "./code.ts";
import { type Shelf, shelveCode } from "./code-url.ts";
import { defaultImage } from "./manifests.ts";
import { checkOptions, type KubernetesExecutorOptions } from "./options.ts";
import { checkCluster } from "./permissions.ts";
import { runJob } from "./run-job.ts";
import { type RunWatch, watchRun } from "./watch.ts";

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
  /** By run ids. */
  readonly #watches = new Map<string, RunWatch>();
  /** Code that is too large for a ConfigMap, by its hash. */
  readonly #shelves = new Map<string, Promise<Shelf>>();

  constructor(options: KubernetesExecutorOptions) {
    checkOptions(options);
    this.#options = options;
    const { storage, concurrency } = options;
    this.defaultStorage = storage;
    this.state = stateOf(storage);
    if (concurrency !== undefined) this.concurrency = concurrency;
  }

  async execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    const { runId, task: name, attempt } = invocation;
    const { plan, pipeline, signal, emit } = context;
    if (pipeline.module === undefined) throw withoutModule(pipeline.name, name);
    const task = findTask(plan.tasks, name);
    const { env } = this.#options;
    const secrets = await secretsOf(task, nodeRuntime(env === undefined ? {} : { env }));
    const [cluster, code] = await Promise.all([this.#open(), buildCode(pipeline.module, context)]);
    const print = outputLog(invocation, emit, secrets);
    await runJob(
      {
        name: attemptName(plan, invocation),
        labels: attemptLabels(plan, invocation),
        task,
        call: { task: { ...code.modules, plan, invocation }, secrets },
        code,
        codeUrl: code.bytes.length > largestConfigMap ? (await this.#shelve(code, context)).url : undefined,
        signal,
      },
      {
        event: emit,
        // A pod's log doesn't tell one stream from the other.
        line: (text) => print("info", text),
        note: (note) => emit({ type: "task.progress", runId, time: Date.now(), task: name, attempt, ...nothing, note }),
      },
      this.#options,
      cluster,
      this.#watch(runId, cluster),
    );
  }

  async check(plan: Plan, pipeline: AnyPipeline): Promise<readonly Error[]> {
    const [first] = plan.tasks;
    if (first === undefined) return [];
    if (pipeline.module === undefined) return [withoutModule(pipeline.name, first.name)];
    // Kinds that this executor doesn't run are core's to refuse.
    const own = plan.tasks.filter(({ compute }) => compute === undefined || compute.kind === "container");
    const mistakes = own.flatMap((task) => [...outOfReach(task, plan), ...unsized(task)]);
    if (mistakes.length === 0 && own[0] !== undefined) await checkCluster(await this.#open(), own[0], this.#options);
    return mistakes;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches.values()) watch.stop();
    this.#watches.clear();
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

  #watch(runId: string, cluster: Cluster): RunWatch {
    let watch = this.#watches.get(runId);
    if (watch === undefined) {
      watch = watchRun(cluster, labelValue(runId));
      this.#watches.set(runId, watch);
    }
    return watch;
  }

  #shelve(code: Parameters<typeof shelveCode>[0], context: ExecutionContext): Promise<Shelf> {
    let shelf = this.#shelves.get(code.hash);
    if (shelf === undefined) {
      shelf = shelveCode(code, context);
      shelf.catch(() => this.#shelves.delete(code.hash));
      this.#shelves.set(code.hash, shelf);
    }
    return shelf;
  }
}

function unsized(task: PlanTask): readonly GlacierError[] {
  const sized = sizeTask(task, defaultImage);
  return "image" in sized ? [] : sized;
}

const nothing = { rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 } as const;

/** A pod sees neither this process's memory nor this machine's folders. */
function outOfReach(task: PlanTask, { datasets }: Plan): GlacierError[] {
  const quarantine = typeof task.onInvalid === "string" ? [] : [task.onInvalid.quarantine];
  const names = new Set([...Object.values(task.inputs), ...Object.values(task.outputs), ...quarantine]);
  return [...names].flatMap((dataset) => {
    const { kind } = findDataset(datasets, dataset).storage;
    if (kind !== "memory" && kind !== "localFs") return [];
    return [
      new GlacierError("STORAGE_UNREACHABLE", {
        message: `task "${task.name}" runs in a cluster, which can't reach dataset "${dataset}" in ${kind === "memory" ? "this process's memory" : "a folder of this machine"}`,
        hint: "Bind it to storage that both reach: a bucket, a server.",
        context: { task: task.name, dataset },
      }),
    ];
  });
}
