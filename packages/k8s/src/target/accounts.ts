import type { Manifest } from "../pod/pod.ts";
import type { Identity } from "./options.ts";
import type { Settings } from "./settings.ts";

/** An account for each task, and one for what starts and ends runs. None may ask the cluster anything by being one. */
export function serviceAccounts(tasks: readonly string[], settings: Settings): Manifest[] {
  return [
    account(settings.metadata(settings.engineAccount, "engine"), settings.identity()),
    ...tasks.map((task) => {
      const name = settings.taskAccount(task);
      const labels = settings.labels("task", task);
      return account(settings.metadata(name, "task", { labels }), settings.identity(task));
    }),
  ];
}

function account(metadata: Manifest, { aws, gcp, azure }: Identity): Manifest {
  const annotations = {
    ...(azure !== undefined && { "azure.workload.identity/client-id": azure }),
    ...(aws !== undefined && { "eks.amazonaws.com/role-arn": aws }),
    ...(gcp !== undefined && { "iam.gke.io/gcp-service-account": gcp }),
  };
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    automountServiceAccountToken: false,
  };
}

/**
 * What Argo's own container in each pod needs: to report results. Its token is mounted there and nowhere else.
 * https://argo-workflows.readthedocs.io/en/latest/service-accounts/, https://argo-workflows.readthedocs.io/en/latest/service-account-secrets/
 */
export function argoRights(settings: Settings): Manifest[] {
  const name = settings.engineAccount;
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: settings.metadata(name, "engine"),
      rules: [{ apiGroups: ["argoproj.io"], resources: ["workflowtaskresults"], verbs: ["create", "patch"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: settings.metadata(name, "engine"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: settings.namespace }],
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: settings.metadata(`${name}.service-account-token`, "engine", {
        annotations: { "kubernetes.io/service-account.name": name },
      }),
      type: "kubernetes.io/service-account-token",
    },
  ];
}
