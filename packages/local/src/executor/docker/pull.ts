import { describeThrown, GlacierError } from "@glacier/core";
import type Docker from "dockerode";

/** Makes sure that an image is there. Errors: `IMAGE_UNAVAILABLE`, the signal's reason. */
export async function pullImage(
  docker: Docker,
  image: string,
  note: (note: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (await isThere(docker, image)) return;
  note(`pulling ${image}`);
  try {
    // Without a tag Docker would pull every tag there is.
    const stream = await docker.pull(/[:@][^/]*$/.test(image) ? image : `${image}:latest`, { abortSignal: signal });
    const progress = new Map<string, PullStep>();
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error) => (error ? reject(error) : resolve()),
        (step: PullStep) => {
          if (step.id !== undefined) progress.set(step.id, step);
          note(describe(image, progress));
        },
      );
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new GlacierError("IMAGE_UNAVAILABLE", {
      message: `image "${image}" is not here and can't be pulled: ${describeThrown(error)}`,
      hint: "Check its name and tag, log in to its registry (docker login), or build it here first.",
      cause: error,
    });
  }
}

interface PullStep {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && error.statusCode === 404) return false;
    throw error;
  }
}

function describe(image: string, progress: ReadonlyMap<string, PullStep>): string {
  let current = 0;
  let total = 0;
  for (const { progressDetail } of progress.values()) {
    current += progressDetail?.current ?? 0;
    total += progressDetail?.total ?? 0;
  }
  return total === 0
    ? `pulling ${image}`
    : `pulling ${image}: ${Math.round(current / 1e6)} of ${Math.round(total / 1e6)} MB`;
}
