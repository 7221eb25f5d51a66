import {
  type AnyPipeline,
  compute,
  createStore,
  Pipeline,
  type Plan,
  type RunEvent,
  readJournal,
  type StorageResource,
  type Store,
} from "@glacier/core";
import { KubernetesTarget } from "@glacier/k8s";
import { secretsName } from "../../../packages/k8s/src/names.ts";
import { readManifests } from "../../../packages/k8s/test/manifests.ts";
import { nodeImage } from "../../services/docker.ts";
import { isOver, type Job, runIdOf } from "../deployed.ts";
import { forOldServer } from "../old-server.ts";
import { type NodeCluster, registry } from "./cluster.ts";

/** A deployment with the driver, as it is compiled and applied. */
export interface Driven {
  /** What it writes to. */
  readonly store: Store;
  /** Waits until the Job controller counts the run as over. */
  over(): Promise<Job>;
  journal(): Promise<RunEvent[]>;
  /** Deletes the driver's Job, and with it those of the tasks that nobody came for. */
  remove(): Promise<void>;
  /** Kills the driver's process, as a machine that runs out of memory does. */
  killDriver(): Promise<void>;
}

/** Deploys a pipeline's tasks, without its schedule, so that it runs at once. `secrets` are the values of theirs. */
export async function drive(
  { name, tasks, module = "" }: AnyPipeline,
  bindings: Readonly<Record<string, StorageResource>>,
  namespace: string,
  { cluster, node, moto, credentials }: NodeCluster,
  secrets: Readonly<Record<string, string>> = {},
): Promise<Driven> {
  const storage = { kind: "s3", bucket: await moto.makeBucket() };
  // A vCPU for each, the default, is more than a small machine has.
  const size = compute.container({ image: nodeImage, cpu: 0.1, memory: 512 });
  const pipeline = new Pipeline(name, tasks.map((task) => ({ ...task, compute: size })) as never, { module });
  const target = new KubernetesTarget({
    storage,
    engine: "driver",
    namespace,
    defaultImage: nodeImage,
    envFrom: "storage",
    // The node has no other network.
    pod: { hostNetwork: true },
  });
  const plan: Plan = pipeline.plan({ for: target, bindings });
  const { forms } = await pipeline.compile({ target, registry: registry(), bindings });
  const items = readManifests(await forms.manifests()).map(forOldServer);
  const [own, rest] = [
    items.filter(({ kind }) => kind === "Namespace"),
    items.filter(({ kind }) => kind !== "Namespace"),
  ];
  for (const part of [own, rest]) {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: part });
    await cluster.kubectl(["apply", "--server-side", "-f", "-"], list);
    if (part !== own) continue;
    await credentials(namespace);
    const values = Object.entries(secrets).map(([key, value]) => `--from-literal=${key}=${value}`);
    const held = secretsName({ pipeline: name });
    if (values.length > 0) await cluster.kubectl(["create", "secret", "generic", held, "-n", namespace, ...values]);
  }
  const engine = ["-n", namespace, "-l", "app.kubernetes.io/component=engine", "-o", "json"];
  const job = async () => JSON.parse(await cluster.kubectl(["get", "jobs", ...engine])).items[0] as Job;
  return {
    store: createStore(registry().storage(storage)),
    async over() {
      for (;;) {
        const now = await job();
        if (isOver(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    },
    async journal() {
      const events: RunEvent[] = [];
      for await (const event of readJournal(plan, runIdOf(await job()), registry())) events.push(event);
      return events;
    },
    async remove() {
      await cluster.kubectl(["delete", "-n", namespace, "job", (await job()).metadata.name]);
    },
    async killDriver() {
      const { items: pods } = JSON.parse(await cluster.kubectl(["get", "pods", ...engine]));
      const [pod] = pods as { metadata: { name: string } }[];
      const labels = { "pod.name": pod?.metadata.name, "container.name": "main" };
      const filters = Object.entries(labels).flatMap(([key, value]) => ["-f", `label=io.kubernetes.${key}=${value}`]);
      node.docker.docker("kill", node.docker.docker("ps", "-q", ...filters).trim());
    },
  };
}
