import { describeThrown, GlacierError } from "@glacier/core";
import type Docker from "dockerode";

/** A Docker engine that has answered. */
export interface Engine {
  readonly docker: Docker;
  /** What it runs itself: `linux/amd64`. */
  readonly platform: string;
}

/** Reaches the engine that DOCKER_HOST names, else the one on this machine. Errors: `DOCKER_UNAVAILABLE`. */
export async function connect(): Promise<Engine> {
  try {
    const { default: Client } = await import("dockerode");
    const docker = new Client();
    const { Os, Arch } = await docker.version();
    return { docker, platform: `${Os}/${Arch}` };
  } catch (cause) {
    throw new GlacierError("DOCKER_UNAVAILABLE", {
      message: `no Docker engine answers: ${describeThrown(cause)}`,
      hint: "Start Docker, or say where it is: DOCKER_HOST.",
      cause,
    });
  }
}

/** Whether the engine has an image. */
export async function hasImage({ docker }: Engine, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** Waits until a build or a push is over; `note` hears how far it is. Rejects with what it failed with. */
export async function follow(
  { docker }: Engine,
  stream: NodeJS.ReadableStream,
  note: (line: string) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error, steps: readonly Step[] = []) => {
        // A build's own failure is its last step, not an error of the stream.
        const failed = error ?? failureOf(steps);
        if (failed === undefined) resolve();
        else reject(failed);
      },
      ({ stream: line = "" }: Step) => {
        if (line.trim() !== "") note(line.trim());
      },
    );
  });
}

interface Step {
  readonly stream?: string;
  readonly error?: string;
}

function failureOf(steps: readonly Step[]): Error | undefined {
  const failed = steps.find(({ error }) => error !== undefined);
  return failed === undefined ? undefined : new Error(failed.error);
}

/** The HTTP status that the engine answered with, where it did. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error ? Number(error.statusCode) : undefined;
}
