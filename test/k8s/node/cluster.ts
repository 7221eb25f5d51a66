import { aws } from "@glacier/aws";
import {
  createRegistry,
  createStore,
  type GlacierError,
  type Registry,
  type RunEvent,
  type Store,
} from "@glacier/core";
import { KubernetesExecutor, type KubernetesExecutorOptions } from "@glacier/k8s";
import { useMoto } from "../../aws/environment.ts";
import { nodeImage } from "../../services/docker.ts";
import { type KubernetesService, startKubernetes } from "../../services/kubernetes.ts";
import { type KubernetesNode, startNode } from "../../services/kubernetes-node.ts";
import { type MotoService, startMoto } from "../../services/moto.ts";
import type { Runnable } from "./pipelines.ts";

/** A cluster that runs pods, and storage that they reach. */
export interface NodeCluster {
  readonly cluster: KubernetesService;
  readonly node: KubernetesNode;
  readonly moto: MotoService;
  /** Makes a namespace, with its {@link credentials}. */
  namespace(name: string): Promise<void>;
  /** Makes the Secret `storage` in a namespace: what its pods need to find the storage and the cluster. */
  credentials(namespace: string): Promise<void>;
  /** Those of an executor with empty storage of its own. */
  options(more?: Partial<KubernetesExecutorOptions>): Promise<KubernetesExecutorOptions>;
  stop(): Promise<void>;
}

const view = ["config", "view", "--raw", "-o", "json"];

/** Starts all of it, with the namespace `tasks`, and points this process's SDKs of AWS to the storage. */
export async function startCluster(): Promise<NodeCluster> {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const moto = await startMoto();
    stops.push(() => moto.stop(), useMoto(moto));
    const cluster = await startKubernetes();
    stops.push(() => cluster.stop());
    const node = await startNode(cluster);
    stops.push(() => node.stop());
    const all: NodeCluster = {
      cluster,
      node,
      moto,
      async namespace(name) {
        await cluster.kubectl(["create", "namespace", name]);
        await all.credentials(name);
      },
      async credentials(name) {
        const keys = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        const { hostname, port } = new URL(JSON.parse(await cluster.kubectl(view)).clusters[0].cluster.server);
        const variables = {
          ...Object.fromEntries(keys.map((key) => [key, process.env[key]])),
          // The address that pods are told leads to nothing without a proxy on the node.
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: port,
        };
        const literals = Object.entries(variables).map(([key, value]) => `--from-literal=${key}=${value}`);
        await cluster.kubectl(["-n", name, "create", "secret", "generic", "storage", ...literals]);
      },
      async options(more = {}) {
        return {
          kubeconfig: cluster.kubeconfig,
          namespace: "tasks",
          storage: { kind: "s3", bucket: await moto.makeBucket() },
          defaultImage: nodeImage,
          envFrom: "storage",
          cpu: 0.1,
          memory: 256,
          scratch: 64,
          // The node has no other network.
          pod: { hostNetwork: true },
          ...more,
        };
      },
      stop,
    };
    await all.namespace("tasks");
    return all;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For one run, which closes it. */
export function registry(): Registry {
  return createRegistry([aws]);
}

/** What an executor with these options writes to. */
export function storeOf({ storage }: KubernetesExecutorOptions): Store {
  return createStore(registry().storage(storage));
}

/** How a pipeline of one task fails, with what it said until then. */
export async function failureOf(
  pipeline: Runnable,
  options: KubernetesExecutorOptions,
  params?: object,
): Promise<{ readonly error: GlacierError; readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = [];
  const executor = new KubernetesExecutor(options);
  try {
    await pipeline.run({ executor, registry: registry(), params, onEvent: (event: RunEvent) => events.push(event) });
  } catch (error) {
    return { error: (error as GlacierError).issues[0] ?? (error as GlacierError), events };
  }
  throw new Error(`pipeline "${pipeline.name}" succeeded`);
}
