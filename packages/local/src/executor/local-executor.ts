import {
  type AnyPipeline,
  type ContainerCompute,
  type ExecutionContext,
  type Executor,
  findTask,
  type LocalCompute,
  type Plan,
  type PlanTask,
  type Provider,
  type ServerlessCompute,
  type StorageResource,
  type TaskInvocation,
  type TaskRuntime,
} from "@glacier/core";
import { executeTask, withoutModule } from "@glacier/core/execute";
import { nodeRuntime } from "@glacier/core/node";
import { local } from "../provider.ts";
import { type Containers, createContainers } from "./docker/containers.ts";
import { runIsolated } from "./isolated.ts";
import { checkOptions, type LocalExecutorOptions, storageOf } from "./options.ts";
import { createThreads, type Threads } from "./threads.ts";

/** The compute kinds of this machine. */
export type LocalKind = "local" | "container" | "serverless";

/**
 * Runs tasks on this machine: those without compute, or with `local`, in process or in worker threads; `serverless` in an
 * isolated process; `container` in Docker.
 *
 * Errors: `OPTION_INVALID`.
 *
 * @example
 * await pipeline.run({ executor: new LocalExecutor({ storage: "out" }) });
 */
export class LocalExecutor implements Executor<LocalKind> {
  readonly name = "local";
  readonly supports: readonly LocalKind[] = ["local", "container", "serverless"];
  readonly defaultStorage: StorageResource;
  readonly state: StorageResource;
  readonly providers: readonly Provider[] = [local];
  readonly concurrency?: number;
  readonly #runtime: TaskRuntime;
  readonly #threads: Threads;
  readonly #containers: Containers;

  constructor(options: LocalExecutorOptions = {}) {
    checkOptions(options);
    const { concurrency, docker, env } = options;
    const { data, state } = storageOf(options);
    this.defaultStorage = data;
    this.state = state;
    if (concurrency !== undefined) this.concurrency = concurrency;
    this.#runtime = nodeRuntime(env === undefined ? {} : { env });
    this.#threads = createThreads(env);
    this.#containers = createContainers(docker);
  }

  execute(invocation: TaskInvocation, context: ExecutionContext): Promise<void> {
    const { compute } = findTask(context.plan.tasks, invocation.task);
    switch (compute?.kind) {
      case "serverless":
        return runIsolated(compute as ServerlessCompute, invocation, context, this.#runtime);
      case "container":
        return this.#containers.run(compute as ContainerCompute, invocation, context, this.#runtime);
      default: {
        const workers = (compute as LocalCompute | undefined)?.workers ?? 1;
        return workers > 1
          ? this.#threads.run(invocation, context, workers)
          : executeTask(invocation, context, this.#runtime);
      }
    }
  }

  async check(plan: Plan, pipeline: AnyPipeline): Promise<readonly Error[]> {
    const elsewhere = pipeline.module === undefined ? plan.tasks.find(runsElsewhere) : undefined;
    const mistakes = await this.#containers.check(plan);
    return elsewhere === undefined ? mistakes : [withoutModule(pipeline.name, elsewhere.name), ...mistakes];
  }

  async close(): Promise<void> {
    await this.#threads.close();
  }
}

/** Whether another thread, process or container must load the pipeline's module for a task. */
function runsElsewhere({ compute, form }: PlanTask): boolean {
  switch (compute?.kind) {
    case "serverless":
      return true;
    case "container":
      return form === "function";
    default:
      return ((compute as LocalCompute | undefined)?.workers ?? 1) > 1;
  }
}
