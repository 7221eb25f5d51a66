import { describeThrown, GlacierError } from "@glacier/core";
import type { Engine } from "./engine.ts";

/** Runs `node --version` in an image. Errors: `IMAGE_UNAVAILABLE` without Node, or with one that is too old. */
export async function checkNode({ docker }: Engine, image: string, base: string): Promise<void> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["node"],
    Cmd: ["--version"],
    Tty: true, // one stream, as it is
    HostConfig: { NetworkMode: "none" },
  });
  try {
    await container.start().catch((cause: unknown) => {
      throw unfit(base, `has no Node (${describeThrown(cause)})`, cause);
    });
    await container.wait();
    const said = (await container.logs({ stdout: true, stderr: true })).toString().trim();
    const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(said) ?? [];
    if (major === undefined) throw unfit(base, `has a Node that doesn't run: ${said.slice(0, 200)}`);
    if (Number(major) < 22 || (Number(major) === 22 && Number(minor) < 18)) throw unfit(base, `has Node ${said}`);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

function unfit(base: string, what: string, cause?: unknown): GlacierError {
  return new GlacierError("IMAGE_UNAVAILABLE", {
    message: `image "${base}" ${what}`,
    hint: "A task's container runs Glacier under Node 22.18 or newer, around a command, too: use an image that has it (node:24-slim, for example), or install it in yours.",
    ...(cause !== undefined && { cause }),
    context: { image: base },
  });
}
