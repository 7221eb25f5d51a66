import { hostname } from "node:os";
import { type ContainerCompute, describeThrown, GlacierError, type LogLevel, type TaskInvocation } from "@glacier/core";
import type Docker from "dockerode";
import type { DockerConnection } from "../options.ts";
import { pullImage } from "./pull.ts";
import { runContainer } from "./run-container.ts";

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
  readonly binds: readonly { readonly path: string; readonly readOnly?: boolean }[];
  readonly workingDir: string;
  readonly owner: Pick<TaskInvocation, "runId" | "task" | "attempt">;
  readonly signal: AbortSignal;
  log(level: LogLevel, line: string): void;
  note(note: string): void;
}

/** Labels of every container: who may be asked whether it is still wanted. */
export const labels = {
  run: "dev.glacier.run",
  task: "dev.glacier.task",
  pid: "dev.glacier.pid",
  host: "dev.glacier.host",
} as const;

/** An engine that is reached when it is first needed. */
export function createEngine(connection: DockerConnection | undefined): Engine {
  let client: Promise<Docker> | undefined;
  const pulls = new Map<string, Promise<void>>();

  async function connect(): Promise<Docker> {
    const { default: Client } = await import("dockerode");
    const docker = new Client(connection === undefined ? undefined : { ...connection });
    try {
      await docker.ping();
    } catch (error) {
      throw unavailable(error);
    }
    return docker;
  }

  async function connected(): Promise<Docker> {
    client ??= connect();
    try {
      return await client;
    } catch (error) {
      client = undefined;
      throw error;
    }
  }

  return {
    async run(container) {
      container.signal.throwIfAborted();
      const docker = await connected();
      const { image } = container.compute;
      let pull = pulls.get(image);
      if (pull === undefined) {
        pull = pullImage(docker, image, container.note, container.signal).finally(() => pulls.delete(image));
        pulls.set(image, pull);
      }
      await pull;
      await runContainer(docker, container);
    },
    async sweep() {
      const docker = await connected();
      const filters = { label: [labels.pid, `${labels.host}=${hostname()}`] };
      for (const { Id, Labels } of await docker.listContainers({ all: true, filters })) {
        if (isAlive(Number(Labels[labels.pid]))) continue;
        await docker
          .getContainer(Id)
          .remove({ force: true, v: true })
          .catch(() => {}); // another process sweeps too
      }
    },
  };
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
