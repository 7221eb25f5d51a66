import { GlacierError, type PlanTask } from "@glacier/core";
import { apiError } from "./api-errors.ts";
import type { Cluster } from "./cluster.ts";
import { jobOf } from "./manifests.ts";
import type { KubernetesExecutorOptions } from "./options.ts";

/** All that an executor does in its namespace. */
const needed: readonly (readonly [group: string, resource: string, verbs: readonly string[]])[] = [
  ["batch", "jobs", ["create", "get", "list", "watch", "delete"]],
  ["", "pods", ["list", "watch"]],
  ["", "pods/log", ["get"]],
  ["", "configmaps", ["create"]],
  ["", "secrets", ["create"]],
  ["", "events", ["list", "watch"]],
];

/**
 * Whether the cluster answers, the namespace is there and all is allowed; and what the cluster and its policies say of a task's Job,
 * which it doesn't keep. Errors: `PERMISSION_DENIED`, those of `apiError`.
 */
export async function checkCluster(
  cluster: Cluster,
  task: PlanTask,
  labels: Readonly<Record<string, string>>,
  options: KubernetesExecutorOptions,
): Promise<void> {
  const { namespace, authorization, batch } = cluster;
  try {
    const asked = needed.flatMap(([group, path, verbs]) => verbs.map((verb) => ({ group, path, verb })));
    const answers = await Promise.all(
      asked.map(async ({ group, path, verb }) => {
        const [resource = "", subresource] = path.split("/");
        const resourceAttributes = {
          namespace,
          group,
          resource,
          verb,
          ...(subresource !== undefined && { subresource }),
        };
        const { status } = await authorization.createSelfSubjectAccessReview({
          body: { spec: { resourceAttributes } },
        });
        if (status === undefined) throw noCluster(cluster.server);
        return status.allowed;
      }),
    );
    const refused = asked.filter((_, i) => answers[i] === false);
    if (refused.length > 0) throw notAllowed(refused, namespace);
    const name = "glacier-check";
    const body = jobOf({ name, labels, companion: name, mapped: true }, task, options);
    await batch.createNamespacedJob({
      namespace,
      body: { ...body, metadata: { generateName: `${name}-`, labels } },
      dryRun: "All",
    });
  } catch (error) {
    throw apiError(error, cluster, { what: "run Jobs" });
  }
}

/** A proxy's page, for instance, where one must sign in. */
function noCluster(server: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `what answers at ${server} is no Kubernetes API`,
    hint: "Check the kubeconfig's server, and whether a proxy is between: `kubectl version` shows what it says.",
  });
}

function notAllowed(
  refused: readonly { readonly path: string; readonly verb: string }[],
  namespace: string,
): GlacierError {
  const byPath = Map.groupBy(refused, ({ path }) => path);
  const list = [...byPath].map(([path, verbs]) => `${verbs.map(({ verb }) => verb).join(", ")} ${path}`).join("; ");
  return new GlacierError("PERMISSION_DENIED", {
    message: `KubernetesExecutor may not do all it must in namespace "${namespace}": ${list}`,
    hint: "Bind a Role with these verbs to whoever runs this, or name a namespace that is yours: { namespace }.",
  });
}
