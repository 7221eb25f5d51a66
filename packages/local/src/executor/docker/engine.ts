import { hostname } from "node:os";
import { type ContainerCompute, describeThrown, GlacierError, type LogLevel, type TaskInvocation } from "@glacier/core";
import type Docker from "dockerode";
import { cleanOnSignal } from "../exit-signals.ts";
import type { DockerConnection } from "../options.ts";
import { createPuller } from "./pull.ts";
import { runContainer } from "./run-container.ts";
import { labels } from "./settings.ts";

/** A Docker engine, as far as tasks need one. */
export interface Engine {
  /**
   * Runs one container to its end and removes it. Errors: `DOCKER_UNAVAILABLE`, `IMAGE_UNAVAILABLE`, `COMMAND_FAILED`,
   * `OUT_OF_MEMORY`, `COMPUTE_UNSUPPORTED`, the signal's reason.
   */
  run(container: ContainerRun): Promise<void>;
  /** Removes containers whose Glacier process is gone. Errors: `DOCKER_UNAVAILABLE`. */
  sweep(): Promise<void>;
}

/** One container. */
export interface ContainerRun {
  readonly compute: ContainerCompute;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folders of this machine, seen under the same path. */
  readonly binds: readonly Bind[];
  readonly workingDir: string;
  readonly owner: Pick<TaskInvocation, "runId" | "task" | "attempt">;
  readonly signal: AbortSignal;
  log(level: LogLevel, line: string): void;
  note(note: string): void;
}

/** A folder of this machine. */
export interface Bind {
  /** Absolute. */
  readonly path: string;
  readonly readOnly?: boolean;
}

/** A connection that has answered. */
interface Connected {
  readonly docker: Docker;
  /** Whether root in a container is the user who runs the engine: https://docs.docker.com/engine/security/rootless/ */
  readonly rootless: boolean;
}

/** An engine that is reached when it is first needed. */
export function createEngine(connection: DockerConnection | undefined): Engine {
  let client: Promise<Connected> | undefined;
  const pull = createPuller();

  async function connected(): Promise<Connected> {
    client ??= connect(connection);
    try {
      return await client;
    } catch (error) {
      client = undefined;
      throw error;
    }
  }

  return {
    async run(container) {
      const { compute, owner, signal, note } = container;
      signal.throwIfAborted();
      const { docker, rootless } = await connected();
      await pull(docker, compute.image, note, signal);
      const release = cleanOnSignal(() => removeAll(docker, [`${labels.attempt}=${attemptOf(owner)}`], () => true));
      try {
        await runContainer(docker, container, { rootless, attempt: attemptOf(owner) });
      } finally {
        await release();
      }
    },
    async sweep() {
      const { docker } = await connected();
      try {
        await removeAll(docker, [labels.pid, `${labels.host}=${hostname()}`], (pid) => !isAlive(pid));
      } catch (error) {
        throw unavailable(error);
      }
    },
  };
}

async function connect(connection: DockerConnection | undefined): Promise<Connected> {
  try {
    const docker = (connection?.client as Docker | undefined) ?? (await createClient(connection));
    const info: { readonly SecurityOptions?: readonly string[] } = await docker.info();
    return { docker, rootless: info.SecurityOptions?.includes("name=rootless") === true };
  } catch (error) {
    throw unavailable(error);
  }
}

/**
 * Bundlers of a pipeline whose file imports `LocalExecutor` must not follow dockerode to the native code of its SSH client;
 * they can't follow a name that is no literal.
 */
const packageName: string = ["docker", "ode"].join("");

async function createClient(connection: DockerConnection | undefined): Promise<Docker> {
  const { default: Client } = (await import(packageName)) as { readonly default: typeof import("dockerode") };
  return new Client(connection === undefined ? undefined : { ...connection });
}

/** One attempt in this process; the same run id may be in use elsewhere. */
function attemptOf({ runId, task, attempt }: ContainerRun["owner"]): string {
  return `${process.pid}/${runId}/${task}/${attempt}`;
}

async function removeAll(docker: Docker, label: readonly string[], wanted: (pid: number) => boolean): Promise<void> {
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters: { label: [...label] } })) {
    if (!wanted(Number(Labels[labels.pid]))) continue;
    await docker
      .getContainer(Id)
      .remove({ force: true, v: true })
      .catch(() => {}); // another process sweeps too
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function unavailable(cause: unknown): GlacierError {
  return new GlacierError("DOCKER_UNAVAILABLE", {
    message: `no Docker engine answers: ${describeThrown(cause)}`,
    hint: "Start Docker, or say where it is: DOCKER_HOST, or new LocalExecutor({ docker: { socketPath } }).",
    cause,
  });
}
