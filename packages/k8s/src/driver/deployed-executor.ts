import {
  createStore,
  deserializeError,
  type ExecutionContext,
  type Executor,
  findTask,
  GlacierError,
  type Plan,
  type PlanTask,
  type RunEvent,
  type StorageResource,
  type TaskInvocation,
} from "@glacier/core";
import { runsPrefix } from "@glacier/core/compile";
import { type RemoteRun, writePins } from "@glacier/core/execute";
import type { V1Job, V1PodSpec } from "@kubernetes/client-node";
import { variables } from "../deployment.ts";
import { apiError, statusOf } from "../executor/api-errors.ts";
import { attemptLabels, attemptName } from "../executor/attempt-name.ts";
import type { Cluster } from "../executor/cluster.ts";
import { type PodState, pullErrorOf, stateOf } from "../executor/pod-state.ts";
import { deleteJob, findJob } from "../executor/start-job.ts";
import { type RunWatch, watchRun } from "../executor/watch.ts";
import { labelValue } from "../names.ts";

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
}

/** Seconds that a finished Job stays where the driver died. */
const keptFor = 24 * 60 * 60;
const pause = 500;

/** Runs the tasks of a deployment as Jobs, each with its own account, by the pods that were compiled. */
export class DeployedExecutor implements Executor<"container"> {
  readonly name = "kubernetes";
  readonly supports: readonly "container"[] = ["container"];
  readonly defaultStorage: StorageResource;
  readonly state: StorageResource;
  readonly #tasks: DeployedTasks;
  readonly #cluster: Cluster;
  readonly #group = `attempts/${Date.now()}`;
  #watch: RunWatch | undefined;
  #pins: Promise<void> | undefined;

  constructor(tasks: DeployedTasks, cluster: Cluster) {
    this.defaultStorage = tasks.state;
    this.state = tasks.state;
    this.#tasks = tasks;
    this.#cluster = cluster;
  }

  async execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    const { runId, task: name, params, selected, sources } = invocation;
    const { plan, registry, signal, emit } = context;
    const task = findTask(plan.tasks, name);
    this.#pins ??= writePins(plan, runId, sources, registry);
    await this.#pins;
    this.#watch ??= watchRun(this.#cluster, labelValue(runId));
    const run: RemoteRun = { runId, params, segment: this.#group, selected };
    const job = await this.#start(this.#jobOf(plan, invocation, run), task, signal);
    let end: PodState & { kind: "ended" };
    try {
      end = await untilEnd(job, task, this.#watch, signal);
    } finally {
      await this.#remove(job, task, signal);
    }
    const told = await eventsOf(plan, invocation, segmentOf(job), context);
    for (const event of told) if (isOwn(event)) emit(event);
    settle(end, told, task);
  }

  async close(): Promise<void> {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #jobOf(plan: Plan, invocation: TaskInvocation, run: RemoteRun): V1Job {
    const { pods, owner } = this.#tasks;
    const pod = pods[invocation.task] as TaskPod;
    const labels = { ...pod.labels, ...attemptLabels(plan, invocation) };
    const env = [
      { name: variables.attempt, value: String(invocation.attempt) },
      { name: variables.run, value: JSON.stringify(run) },
    ];
    const { activeDeadlineSeconds, ...spec } = pod.spec;
    return {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name: attemptName(plan, invocation),
        labels,
        ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", ...owner }],
      },
      spec: {
        // Retries are the scheduler's.
        backoffLimit: 0,
        completions: 1,
        parallelism: 1,
        ttlSecondsAfterFinished: keptFor,
        ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
        template: {
          metadata: { labels },
          spec: {
            ...spec,
            containers: spec.containers.map((one) => ({ ...one, env: [...(one.env ?? []), ...env] })),
          },
        },
      },
    };
  }

  /** A Job of this attempt that a driver started which died, and that still runs, is followed. */
  async #start(body: V1Job, task: PlanTask, signal: AbortSignal): Promise<V1Job> {
    const { namespace, batch } = this.#cluster;
    const name = body.metadata?.name ?? "";
    for (;;) {
      signal.throwIfAborted();
      try {
        return await batch.createNamespacedJob({ namespace, body });
      } catch (error) {
        if (statusOf(error) !== 409) throw this.#apiError(error, "start", task);
      }
      const other = await findJob(name, this.#cluster);
      if (other !== undefined && isUnderWay(other)) return other;
      if (other !== undefined) await deleteJob(name, this.#cluster);
      await sleep();
    }
  }

  /** Where it was stopped, until all of it is gone: nothing of it may write any more. */
  async #remove({ metadata: { name = "" } = {} }: V1Job, task: PlanTask, signal: AbortSignal): Promise<void> {
    try {
      await deleteJob(name, this.#cluster);
      while (signal.aborted && (await findJob(name, this.#cluster)) !== undefined) await sleep();
    } catch (error) {
      // The cluster itself removes what has finished.
      if (signal.aborted) throw this.#apiError(error, "delete", task);
    }
  }

  #apiError(error: unknown, verb: string, { name }: PlanTask): GlacierError {
    return apiError(error, this.#cluster, { what: `${verb} the Job of task "${name}"`, context: { task: name } });
  }
}

async function untilEnd(
  { metadata: { name = "", uid = "" } = {} }: V1Job,
  task: PlanTask,
  watch: RunWatch,
  signal: AbortSignal,
): Promise<PodState & { kind: "ended" }> {
  let wake: () => void = () => {};
  let pullError: string | undefined;
  const stopListening = watch.onChange(() => wake());
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal.throwIfAborted();
      const look = watch.look({ name, uid });
      pullError = pullErrorOf(look.pod) ?? pullError;
      const state = stateOf(look, task, pullError);
      if (state.kind === "ended") return state;
      await changed;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    stopListening();
  }
}

/** The attempt's own error says most; then what the cluster says of the pod's end. */
function settle(
  { error, exitCode }: PodState & { kind: "ended" },
  told: readonly RunEvent[],
  { name }: PlanTask,
): void {
  const own = told.find((event) => event.type === "attempt.failed");
  if (own !== undefined) throw deserializeError(own.error);
  if (error !== undefined) throw error;
  if (exitCode === 0) return;
  throw new GlacierError("TASK_CRASHED", {
    message: `task "${name}": its pod ended${exitCode === undefined ? "" : ` with exit code ${exitCode}`} before it answered`,
    hint: "Look for process.exit() or an unhandled rejection in the task's code or its libraries; its log has the last words.",
    context: { task: name, ...(exitCode !== undefined && { exitCode }) },
  });
}

/** All that an attempt wrote into its own part of the journal. */
async function eventsOf(
  plan: Plan,
  { runId, task, attempt }: TaskInvocation,
  segment: string,
  { registry }: ExecutionContext,
): Promise<RunEvent[]> {
  const store = createStore(registry.storage(plan.state));
  const events: RunEvent[] = [];
  for await (const { key } of store.list(`${runsPrefix(plan)}${runId}/${segment}.${task}.${attempt}.`)) {
    const text = new TextDecoder().decode(await store.readBytes(key));
    for (const line of text.split("\n")) if (line !== "") events.push(JSON.parse(line));
  }
  return events;
}

/** What the Job was told: one that is followed has another's. */
function segmentOf({ spec }: V1Job): string {
  const env = spec?.template.spec?.containers[0]?.env ?? [];
  return (JSON.parse(env.find(({ name }) => name === variables.run)?.value ?? "{}") as RemoteRun).segment;
}

/** Whether an event is an attempt's own to tell; how it went is for whoever started it. */
function isOwn({ type }: RunEvent): boolean {
  return type === "dataset.read" || type === "dataset.written" || type === "log";
}

function isUnderWay({ metadata, status }: V1Job): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return !(status?.conditions ?? []).some(
    ({ type, status: is }) => is === "True" && ["Complete", "Failed"].includes(type),
  );
}

function sleep(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pause));
}
