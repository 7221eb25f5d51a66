import { hostname } from "node:os";
import type Docker from "dockerode";
import type { ContainerRun } from "./engine.ts";

/** Labels of every container: whose it is, and who may be asked whether it is still wanted. */
export const labels = {
  run: "dev.glacier.run",
  task: "dev.glacier.task",
  attempt: "dev.glacier.attempt",
  pid: "dev.glacier.pid",
  host: "dev.glacier.host",
} as const;

/** What a container's settings also depend on. */
export interface Owner {
  readonly rootless: boolean;
  /** Identifies the attempt on this machine. */
  readonly attempt: string;
}

/** One container as the Docker API takes it: https://docs.docker.com/reference/api/engine/ */
export function settings(
  { compute, command, env, binds, workingDir, owner }: ContainerRun,
  { rootless, attempt }: Owner,
): Docker.ContainerCreateOptions {
  const { image, cpu, memory, gpu } = compute;
  const [program = "", ...words] = command;
  const bytes = memory === undefined ? undefined : Math.round(memory * 1_048_576);
  const user = userOf(rootless);
  return {
    Image: image,
    Entrypoint: [program],
    Cmd: words,
    Env: Object.entries({ HOME: "/tmp", ...compute.env, ...env }).map(([name, value]) => `${name}=${value}`),
    WorkingDir: workingDir,
    ...(user !== undefined && { User: user }),
    Labels: {
      [labels.run]: owner.runId,
      [labels.task]: owner.task,
      [labels.attempt]: attempt,
      [labels.pid]: String(process.pid),
      [labels.host]: hostname(),
    },
    HostConfig: {
      // Not `Binds`: there a ":" in a path would mean something.
      Mounts: binds.map(({ path, readOnly = false }) => ({
        Type: "bind",
        Source: path,
        Target: path,
        ReadOnly: readOnly,
      })),
      ...(cpu !== undefined && { NanoCpus: Math.round(cpu * 1e9) }),
      // No swap on top: the limit is the limit.
      ...(bytes !== undefined && { Memory: bytes, MemorySwap: bytes }),
      ...(gpu !== undefined && { DeviceRequests: [{ Count: gpu, Capabilities: [["gpu"]] }] }),
      // What it prints goes into the run's own log; the engine needs no second copy.
      LogConfig: { Type: "none", Config: {} },
      SecurityOpt: ["no-new-privileges"],
    },
  };
}

/** What a container writes into bound folders belongs to whoever started the run. */
function userOf(rootless: boolean): string | undefined {
  if (rootless) return "0:0";
  return process.getuid === undefined ? undefined : `${process.getuid()}:${process.getgid?.() ?? 0}`;
}
