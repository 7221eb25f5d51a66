import { describeThrown, GlacierError } from "@glacier/core";
import type { ContainerRun } from "./engine.ts";

/** The error of a container that ended with another exit code than 0. */
export function ended(
  { compute, command, owner }: ContainerRun,
  state: { readonly ExitCode: number; readonly OOMKilled: boolean },
  lastWords: string,
): GlacierError {
  const { task } = owner;
  const context = { task, exitCode: state.ExitCode };
  if (state.OOMKilled) {
    const { memory } = compute;
    return new GlacierError("OUT_OF_MEMORY", {
      message: `task "${task}" needed more than its container's ${memory === undefined ? "memory" : `${memory} MiB`}`,
      hint: "Raise compute.container({ memory }), or stream instead of keeping all data.",
      context: { ...context, ...(memory !== undefined && { memory }) },
    });
  }
  const last = lastWords.split("\n").slice(-5).join("\n");
  return new GlacierError("COMMAND_FAILED", {
    message: `task "${task}": "${command[0]}" in ${compute.image} ended with exit code ${state.ExitCode}${last === "" ? "" : `:\n${last}`}`,
    hint: "Its own output, in the run's log, says why.",
    context,
  });
}

/** The error of a container that the engine can't create or start. */
export function notStarted({ compute, command, owner }: ContainerRun, cause: unknown): GlacierError {
  const { task } = owner;
  const { image, gpu } = compute;
  const context = { task };
  const said = describeThrown(cause);
  if (/device driver|nvidia|capabilities: \[\[gpu\]\]/i.test(said)) {
    return new GlacierError("COMPUTE_UNSUPPORTED", {
      message: `task "${task}" asks for ${gpu} GPUs, which this Docker engine can't give`,
      hint: "Install the NVIDIA container toolkit, or leave gpu out on this machine.",
      cause,
      context,
    });
  }
  if (/range of cpus|memory limit/i.test(said)) {
    return new GlacierError("COMPUTE_UNSUPPORTED", {
      message: `task "${task}" asks for more or less than this Docker engine can give: ${said}`,
      hint: "Change cpu (vCPUs) or memory (MiB) in compute.container().",
      cause,
      context,
    });
  }
  if (/executable file not found|no such file or directory/i.test(said)) {
    return new GlacierError("IMAGE_UNAVAILABLE", {
      message: `task "${task}": image "${image}" has no program "${command[0]}"`,
      hint:
        command[0] === "node"
          ? "A task with a handler needs Node ≥ 22.18 in its image (node:24-slim, for example); for other programs use task.command."
          : "Check the command, or choose an image that has the program.",
      cause,
      context,
    });
  }
  return new GlacierError("COMMAND_FAILED", {
    message: `task "${task}": Docker can't start a container of ${image}: ${said}`,
    hint: "Check the image, the task's compute, and whether the engine runs on this machine: it must reach its folders.",
    cause,
    context,
    retryable: false,
  });
}

/** The error of a container that the engine no longer tells anything about. */
export function lost({ owner: { task } }: ContainerRun, cause: unknown): GlacierError {
  return new GlacierError("DOCKER_UNAVAILABLE", {
    message: `task "${task}": the connection to Docker was lost: ${describeThrown(cause)}`,
    hint: "See whether the Docker engine still runs, then resume the run.",
    cause,
    context: { task },
  });
}
