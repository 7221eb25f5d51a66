import { type CompiledImage, describeThrown, GlacierError, type ImageRegistry } from "@glacier/core";
import type { CodeImage } from "./types.ts";

/** Where a deployment's images go. */
export interface Repository {
  readonly name: string;
  readonly region: string;
  readonly architecture: "arm64" | "x86_64";
}

/** An image for `glacier build` and `glacier push`. */
export function compiledImage({ base, tag, files }: CodeImage, repository: Repository): CompiledImage {
  return {
    base,
    name: `glacier/${repository.name}`,
    tag,
    platform: repository.architecture === "arm64" ? "linux/arm64" : "linux/amd64",
    context: async () => files,
    registry: () => logIn(repository),
  };
}

/**
 * A login to the account's registry, for 12 hours: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html.
 * Errors: `PERMISSION_DENIED`, `UNAVAILABLE`.
 */
async function logIn({ name, region }: Repository): Promise<ImageRegistry> {
  const { ECRClient, GetAuthorizationTokenCommand } = await import("@aws-sdk/client-ecr");
  const client = new ECRClient({ region });
  try {
    const { authorizationData: [data] = [] } = await client.send(new GetAuthorizationTokenCommand({}));
    const { authorizationToken = "", proxyEndpoint = "" } = data ?? {};
    const [username = "", password = ""] = Buffer.from(authorizationToken, "base64").toString().split(":");
    return {
      repository: `${proxyEndpoint.replace(/^https?:\/\//, "")}/${name}`,
      credentials: { username, password },
    };
  } catch (error) {
    throw notLoggedIn(region, error);
  } finally {
    client.destroy();
  }
}

/** Of the SDK's error only name and message go on. */
function notLoggedIn(region: string, thrown: unknown): GlacierError {
  const { name = "", $metadata } = thrown as { name?: string; $metadata?: { httpStatusCode?: number } };
  const denied =
    /AccessDenied|Token|Credentials|Signature|Unrecognized/.test(name) || $metadata?.httpStatusCode === 403;
  return new GlacierError(denied ? "PERMISSION_DENIED" : "UNAVAILABLE", {
    message: `can't log in to the container registry of ${region}: ${name}: ${describeThrown(thrown)}`,
    hint: denied
      ? "Sign in (aws sso login, or AWS_PROFILE), as someone who may call ecr:GetAuthorizationToken."
      : "Check the network, and the region in AWSTarget's options.",
    cause: Object.assign(new Error(describeThrown(thrown)), { name }),
  });
}
