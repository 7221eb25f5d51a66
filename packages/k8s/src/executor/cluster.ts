import { describeThrown } from "@glacier/core";
import type { AuthorizationV1Api, BatchV1Api, CoreV1Api } from "@kubernetes/client-node";
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
  const { sdk, config } = options.client ?? (await load(options));
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
    throw invalid(`the kubeconfig can't be read: ${describeThrown(error)}`, "Check the path and the file.");
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
