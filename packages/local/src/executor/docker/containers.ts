import { resolve } from "node:path";
import {
  type ContainerCompute,
  type ExecutionContext,
  findDataset,
  findTask,
  GlacierError,
  type LocalFsResource,
  type Plan,
  type PlanTask,
  type StorageResource,
  type TaskInvocation,
  type TaskRuntime,
} from "@glacier/core";
import { executeTask } from "@glacier/core/execute";
import type { DockerConnection } from "../options.ts";
import { type Bind, createEngine } from "./engine.ts";
import { runFunction } from "./function-form.ts";

/** Runs attempts in Docker containers. */
export interface Containers {
  run(
    compute: ContainerCompute,
    invocation: TaskInvocation,
    context: ExecutionContext,
    runtime: TaskRuntime,
  ): Promise<void>;
  /** What of a plan can't run here: no engine, storage that a container can't reach. Also removes what killed runs left behind. */
  check(plan: Plan): Promise<GlacierError[]>;
}

/** Containers on the engine that `connection` names; nothing is loaded or connected before the first container task. */
export function createContainers(connection: DockerConnection | undefined): Containers {
  const engine = createEngine(connection);
  return {
    run(compute, invocation, context, runtime) {
      const { form } = findTask(context.plan.tasks, invocation.task);
      if (form === "function") return runFunction(engine, compute, invocation, context, runtime);
      // The attempt itself runs here: it stages the files, and the container runs the command on them.
      return executeTask(invocation, context, {
        ...runtime,
        command: ({ command, env, scratch, signal, log }) =>
          engine.run({
            compute,
            command,
            env,
            binds: [{ path: scratch.path }],
            workingDir: scratch.path,
            owner: invocation,
            signal,
            log,
            note: noteOf(invocation, context),
          }),
      });
    },
    async check(plan) {
      const tasks = plan.tasks.filter(({ compute }) => compute?.kind === "container");
      if (tasks.length === 0) return [];
      const mistakes = tasks.flatMap((task) => unreachable(plan, task));
      try {
        await engine.sweep();
      } catch (error) {
        mistakes.push(error as GlacierError);
      }
      return mistakes;
    },
  };
}

/** Says what the engine is doing before the task's own code runs. */
export function noteOf({ runId, task, attempt }: TaskInvocation, { emit }: ExecutionContext): (note: string) => void {
  return (note) =>
    emit({
      type: "task.progress",
      runId,
      time: Date.now(),
      task,
      attempt,
      rowsRead: 0,
      bytesRead: 0,
      rowsWritten: 0,
      bytesWritten: 0,
      note,
    });
}

/** Folders on this machine that a function in a container reads and writes. */
export function foldersOf(plan: Plan, task: PlanTask): Bind[] {
  const storageOf = (name: string) => findDataset(plan.datasets, name).storage;
  const written = localFolders([plan.state, ...writtenBy(task).map(storageOf)]);
  const read = localFolders(Object.values(task.inputs).map(storageOf));
  return [
    ...[...written].map((path) => ({ path })),
    ...[...read].filter((path) => !written.has(path)).map((path) => ({ path, readOnly: true })),
  ];
}

function localFolders(resources: readonly StorageResource[]): Set<string> {
  const local = resources.filter((resource): resource is LocalFsResource => resource.kind === "localFs");
  return new Set(local.map(({ basePath }) => resolve(basePath)));
}

function writtenBy(task: PlanTask): string[] {
  return [...Object.values(task.outputs), ...(typeof task.onInvalid === "string" ? [] : [task.onInvalid.quarantine])];
}

/** A command's files are staged from here, so only a function needs to reach its storage from within the container. */
function unreachable(plan: Plan, task: PlanTask): GlacierError[] {
  if (task.form === "command") return [];
  const names = [...Object.values(task.inputs), ...writtenBy(task)];
  const inMemory = names.filter((name) => findDataset(plan.datasets, name).storage.kind === "memory");
  const what = [
    ...inMemory.map((name) => `dataset "${name}"`),
    ...(plan.state.kind === "memory" ? ["the manifests"] : []),
  ];
  if (what.length === 0) return [];
  return [
    new GlacierError("STORAGE_UNREACHABLE", {
      message: `task "${task.name}" runs in a container, which can't reach ${what.join(", ")} in this process's memory`,
      hint: 'Give the executor a folder: new LocalExecutor({ storage: "out" }).',
      context: { task: task.name },
    }),
  ];
}
