import { hostname } from "node:os";
import { PassThrough } from "node:stream";
import { describeThrown, GlacierError } from "@glacier/core";
import type Docker from "dockerode";
import { logLines } from "../lines.ts";
import { type ContainerRun, labels } from "./engine.ts";

/** Creates, starts, follows and removes one container. See `Engine.run` for the errors. */
export async function runContainer(docker: Docker, run: ContainerRun): Promise<void> {
  const { signal, owner } = run;
  signal.throwIfAborted();
  const container = await docker
    .createContainer(settings(run))
    .catch((error) => Promise.reject(notStarted(run, error)));
  const kill = () => {
    container.kill().catch(() => {}); // it has ended by itself
  };
  try {
    signal.addEventListener("abort", kill, { once: true });
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    docker.modem.demuxStream(output, stdout, stderr);
    const lastWords = logLines({ stdout, stderr }, run.log);
    const drained = new Promise<void>((resolve) => {
      output.once("end", resolve);
      output.once("close", resolve);
      output.once("error", () => resolve());
    });
    signal.throwIfAborted();
    await container.start().catch((error) => Promise.reject(notStarted(run, error)));
    if (signal.aborted) kill();
    await container.wait();
    await drained;
    stdout.end();
    stderr.end();
    signal.throwIfAborted();
    const { State } = await container.inspect();
    if (State.ExitCode !== 0) throw failed(run, State, lastWords());
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof GlacierError ? error : lost(owner.task, error);
  } finally {
    signal.removeEventListener("abort", kill);
    await container.remove({ force: true, v: true }).catch(() => {});
  }
}

function settings({ compute, command, env, binds, workingDir, owner }: ContainerRun): Docker.ContainerCreateOptions {
  const { image, cpu, memory, gpu } = compute;
  const bytes = memory === undefined ? undefined : Math.round(memory * 1_048_576);
  const user = process.getuid === undefined ? undefined : `${process.getuid()}:${process.getgid?.() ?? 0}`;
  return {
    Image: image,
    Entrypoint: [command[0] ?? ""],
    Cmd: command.slice(1),
    Env: Object.entries({ HOME: "/tmp", ...compute.env, ...env }).map(([name, value]) => `${name}=${value}`),
    WorkingDir: workingDir,
    // What it writes into the bound folders belongs to whoever started the run.
    ...(user !== undefined && { User: user }),
    Labels: {
      [labels.run]: owner.runId,
      [labels.task]: owner.task,
      [labels.pid]: String(process.pid),
      [labels.host]: hostname(),
    },
    HostConfig: {
      Binds: binds.map(({ path, readOnly }) => `${path}:${path}${readOnly === true ? ":ro" : ""}`),
      ...(cpu !== undefined && { NanoCpus: Math.round(cpu * 1e9) }),
      // No swap on top: the limit is the limit.
      ...(bytes !== undefined && { Memory: bytes, MemorySwap: bytes }),
      ...(gpu !== undefined && { DeviceRequests: [{ Count: gpu, Capabilities: [["gpu"]] }] }),
      SecurityOpt: ["no-new-privileges"],
    },
  };
}

function failed(
  { compute, command, owner }: ContainerRun,
  state: { readonly ExitCode: number; readonly OOMKilled: boolean },
  lastWords: string,
): GlacierError {
  const { task } = owner;
  const context = { task, exitCode: state.ExitCode };
  if (state.OOMKilled) {
    return new GlacierError("OUT_OF_MEMORY", {
      message: `task "${task}" needed more than its container's ${compute.memory === undefined ? "memory" : `${compute.memory} MiB`}`,
      hint: "Raise compute.container({ memory }), or stream instead of keeping all data.",
      context,
    });
  }
  const last = lastWords.split("\n").slice(-5).join("\n");
  return new GlacierError("COMMAND_FAILED", {
    message: `task "${task}": "${command[0]}" in ${compute.image} ended with exit code ${state.ExitCode}${last === "" ? "" : `:\n${last}`}`,
    hint: "Its own output, in the run's log, says why.",
    context,
  });
}

function notStarted({ compute, command, owner }: ContainerRun, cause: unknown): GlacierError {
  const { task } = owner;
  const { image } = compute;
  const said = describeThrown(cause);
  if (/device driver|nvidia|capabilities: \[\[gpu\]\]/i.test(said)) {
    return new GlacierError("COMPUTE_UNSUPPORTED", {
      message: `task "${task}" asks for ${compute.gpu} GPUs, which this Docker engine can't give`,
      hint: "Install the NVIDIA container toolkit, or leave gpu out on this machine.",
      cause,
      context: { task },
    });
  }
  if (/executable file not found|no such file or directory/i.test(said)) {
    const node = command[0] === "node";
    return new GlacierError("IMAGE_UNAVAILABLE", {
      message: `task "${task}": image "${image}" has no program "${command[0]}"`,
      hint: node
        ? "A task with a handler needs Node ≥ 22.18 in its image (node:24-slim, for example); for other programs use task.command."
        : "Check the command, or choose an image that has the program.",
      cause,
      context: { task },
    });
  }
  return new GlacierError("COMMAND_FAILED", {
    message: `task "${task}": Docker can't start a container of ${image}: ${said}`,
    hint: "Check the image and the task's compute: cpu, memory, gpu.",
    cause,
    context: { task },
    retryable: false,
  });
}

function lost(task: string, cause: unknown): GlacierError {
  return new GlacierError("DOCKER_UNAVAILABLE", {
    message: `task "${task}": the connection to Docker was lost: ${describeThrown(cause)}`,
    hint: "See whether the Docker engine still runs, then resume the run.",
    cause,
    context: { task },
  });
}
