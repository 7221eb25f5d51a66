import { chmod, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CompiledImage, describeThrown, GlacierError } from "@glacier/core";
import { writeArtifacts } from "@glacier/core/node";
import { type Engine, follow, hasImage } from "./engine.ts";
import { checkNode } from "./node-check.ts";

/** What came of one image. */
export interface BuiltImage {
  readonly base: string;
  /** With its tag. */
  readonly image: string;
  readonly platform: string;
  /** False where it was there already: its tag follows from its content. */
  readonly built: boolean;
  /** Whether its Node was tried: an engine can't run another machine's programs. */
  readonly checked: boolean;
}

/** An image's name with its tag. */
export function nameOf({ name, tag }: Pick<CompiledImage, "name" | "tag">): string {
  return `${name}:${tag}`;
}

/** Builds an image, and tries its Node. Errors: `IMAGE_UNAVAILABLE`; an image that fails has no name afterwards. */
export async function buildImage(
  engine: Engine,
  compiled: CompiledImage,
  note: (line: string) => void,
): Promise<BuiltImage> {
  const { base, platform } = compiled;
  const image = nameOf(compiled);
  const checked = platform === engine.platform;
  if (await hasImage(engine, image)) return { base, image, platform, built: false, checked: false };
  const folder = await mkdtemp(join(tmpdir(), "glacier-image-"));
  try {
    const artifacts = await compiled.context();
    await writeArtifacts(artifacts, folder);
    const src = Object.keys(artifacts).sort();
    for (const path of src) await makeSame(join(folder, path));
    const stream = await engine.docker.buildImage({ context: folder, src }, { t: image, platform });
    await follow(engine, stream, note);
  } catch (error) {
    throw notBuilt(base, platform, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (checked) {
    try {
      await checkNode(engine, image, base);
    } catch (error) {
      await engine.docker.getImage(image).remove({ force: true });
      throw error;
    }
  }
  return { base, image, platform, built: true, checked };
}

/** Readable by any user of the image, whoever builds it; and of no time, so that the layer is the same each time. */
async function makeSame(path: string): Promise<void> {
  await chmod(path, 0o644);
  await utimes(path, 0, 0);
}

function notBuilt(base: string, platform: string, cause: unknown): GlacierError {
  return new GlacierError("IMAGE_UNAVAILABLE", {
    message: `no image can be built on "${base}" for ${platform}: ${describeThrown(cause)}`,
    hint: "Check its name and tag, log in to its registry and pull it (docker pull), and see whether there is one for that platform.",
    cause,
    context: { image: base },
  });
}
