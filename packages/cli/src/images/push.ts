import { type CompiledImage, describeThrown, GlacierError, type ImageRegistry } from "@glacier/core";
import { nameOf } from "./build.ts";
import { type Engine, follow, statusOf } from "./engine.ts";

/** What came of one image. */
export interface PushedImage {
  /** Where it is now, with host and tag. */
  readonly pushed: string;
  /** False where it was there already. */
  readonly sent: boolean;
}

/** Takes a built image to its registry. Errors: `IMAGE_UNAVAILABLE`, `PERMISSION_DENIED`, and those of the image's `registry`. */
export async function pushImage(
  engine: Engine,
  compiled: CompiledImage,
  note: (line: string) => void,
): Promise<PushedImage> {
  const { docker } = engine;
  const { tag } = compiled;
  const { repository, credentials } = await compiled.registry();
  const pushed = `${repository}:${tag}`;
  const authconfig = loginOf(repository, credentials);
  if (await isThere(engine, pushed, authconfig)) return { pushed, sent: false };
  try {
    await docker.getImage(nameOf(compiled)).tag({ repo: repository, tag });
    await follow(engine, await docker.getImage(pushed).push({ authconfig }), note);
  } catch (error) {
    throw notPushed(pushed, error);
  }
  return { pushed, sent: true };
}

interface Login {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** Older engines want one for each push, an empty one where none is needed. */
function loginOf(repository: string, credentials: ImageRegistry["credentials"]): Login {
  const { username = "", password = "" } = credentials ?? {};
  return { username, password, serveraddress: repository.split("/")[0] as string };
}

/** A registry that keeps its tags as they are refuses a second push. What can't be told is pushed. */
async function isThere({ docker }: Engine, image: string, authconfig: Login): Promise<boolean> {
  try {
    await docker.getImage(image).distribution({ authconfig });
    return true;
  } catch {
    return false;
  }
}

function notPushed(image: string, cause: unknown): GlacierError {
  const said = describeThrown(cause);
  const denied = /denied|unauthorized|no basic auth|forbidden/i.test(said) || statusOf(cause) === 403;
  return new GlacierError(denied ? "PERMISSION_DENIED" : "IMAGE_UNAVAILABLE", {
    message: `${image} can't be pushed: ${said}`,
    hint: denied
      ? "Whoever pushes needs the right to: for ECR ecr:PutImage and ecr:InitiateLayerUpload on the repository."
      : "Deploy first what the target emits: it makes the repository. Then see whether the registry answers.",
    cause,
    context: { image },
  });
}
