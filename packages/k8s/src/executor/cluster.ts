import { describeThrown, GlacierError } from "@glacier/core";
import type { AuthorizationV1Api, BatchV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { invalid, type KubernetesClient, type KubernetesExecutorOptions } from "./options.ts";

/** A cluster's API, as far as an executor needs it, in one namespace. */
export interface Cluster extends KubernetesClient {
  readonly namespace: string;
  /** The server's URL, for messages. */
  readonly server: string;
  readonly batch: BatchV1Api;
  readonly core: CoreV1Api;
  readonly authorization: AuthorizationV1Api;
}

/**
 * Not a literal: a bundle of a pipeline whose file imports `KubernetesExecutor` must not hold the client, which is larger than
 * a ConfigMap.
 */
const packageName: string = ["@kubernetes", "client-node"].join("/");

/** Loads the client and its configuration; calls nothing yet. Errors: `OPTION_INVALID`. */
export async function openCluster(options: KubernetesExecutorOptions): Promise<Cluster> {
  const { sdk, config: given } = options.client ?? (await load(options));
  const config = signingIn(given);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw invalid(
      "no cluster is configured",
      "Name a kubeconfig ({ kubeconfig } or KUBECONFIG) with a current context, or give { context }.",
    );
  }
  return {
    sdk,
    config,
    server: cluster.server,
    namespace: options.namespace ?? config.getContextObject(config.getCurrentContext())?.namespace ?? "default",
    batch: config.makeApiClient(sdk.BatchV1Api),
    core: config.makeApiClient(sdk.CoreV1Api),
    authorization: config.makeApiClient(sdk.AuthorizationV1Api),
  };
}

async function load({ kubeconfig, context }: KubernetesExecutorOptions): Promise<KubernetesClient> {
  const sdk = (await import(packageName)) as KubernetesClient["sdk"];
  const config = new sdk.KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw invalid(`the kubeconfig can't be read: ${whyUnread(error)}`, "Check the path and the file.");
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw invalid(
        `the kubeconfig has no context "${context}"`,
        known.length === 0 ? "It has none at all." : `It has ${known.join(", ")}.`,
      );
    }
    config.setCurrentContext(context);
  }
  return { sdk, config };
}

/** Of a mistake in its YAML only the line: the parser quotes the file, which has tokens in it. */
function whyUnread(error: unknown): string {
  if (!(error instanceof Error)) return describeThrown(error);
  const { mark } = error as { mark?: { readonly line?: number } };
  if (mark?.line !== undefined) return `it is no YAML, at its line ${mark.line + 1}`;
  return error instanceof TypeError ? "it is no kubeconfig" : error.message;
}

/** Milliseconds after which a call is given up that is not answered. */
const longestCall = 30_000;

/** The same configuration; no call by it waits for ever, and that it can't sign in is no trouble of the cluster's. */
function signingIn(config: KubeConfig): KubeConfig {
  const applySecurityAuthentication: KubeConfig["applySecurityAuthentication"] = async (call) => {
    call.setSignal(AbortSignal.timeout(longestCall));
    try {
      await config.applySecurityAuthentication(call);
    } catch (error) {
      throw cannotSignIn(error, config);
    }
  };
  return Object.assign(Object.create(config) as KubeConfig, { applySecurityAuthentication });
}

/** Characters of what a command says of its own trouble. */
const longestWords = 500;

function cannotSignIn(error: unknown, config: KubeConfig): GlacierError {
  const user = config.getCurrentUser();
  const command: unknown = user?.exec?.command;
  // What it answers would be a token.
  const why =
    error instanceof SyntaxError || error instanceof TypeError ? "it answers no credentials" : describeThrown(error);
  const said = why.trim().slice(0, longestWords);
  return new GlacierError("PERMISSION_DENIED", {
    message: `can't sign in to the cluster as the kubeconfig's user "${user?.name}"${command === undefined ? "" : ` by its command "${command}"`}: ${said}`,
    hint: "Sign in again, and see whether `kubectl get namespaces` works with the same kubeconfig and environment.",
  });
}
