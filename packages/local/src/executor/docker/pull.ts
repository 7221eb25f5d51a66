import { describeThrown, GlacierError } from "@glacier/core";
import type Docker from "dockerode";

/**
 * Makes sure that an image is there; whoever wants the same image meanwhile waits for the same pull, which ends when nobody
 * waits for it any more. Errors: `IMAGE_UNAVAILABLE`, the signal's reason.
 */
export type Puller = (
  docker: Docker,
  image: string,
  note: (note: string) => void,
  signal: AbortSignal,
) => Promise<void>;

interface Pull {
  readonly done: Promise<void>;
  readonly notes: Set<(note: string) => void>;
  readonly controller: AbortController;
}

/** A puller with no pull under way. */
export function createPuller(): Puller {
  const pulls = new Map<string, Pull>();

  function begin(docker: Docker, image: string): Pull {
    const notes = new Set<(note: string) => void>();
    const controller = new AbortController();
    const tell = (note: string) => {
      for (const take of notes) take(note);
    };
    const pull: Pull = {
      notes,
      controller,
      done: pullImage(docker, image, tell, controller.signal).finally(() => {
        if (pulls.get(image) === pull) pulls.delete(image);
      }),
    };
    pull.done.catch(() => {}); // nobody may be waiting any more
    pulls.set(image, pull);
    return pull;
  }

  return async (docker, image, note, signal) => {
    const pull = pulls.get(image) ?? begin(docker, image);
    // Two tasks of one run may share a function.
    const take = (text: string) => note(text);
    pull.notes.add(take);
    try {
      await untilAbort(pull.done, signal);
    } finally {
      pull.notes.delete(take);
      if (pull.notes.size === 0) {
        if (pulls.get(image) === pull) pulls.delete(image);
        pull.controller.abort();
      }
    }
  };
}

async function pullImage(
  docker: Docker,
  image: string,
  note: (note: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (await isThere(docker, image)) return;
    note(`pulling ${image}`);
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

function untilAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
