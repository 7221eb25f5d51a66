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

/** What the driver needs: to start tasks as Jobs, and to see and hear what becomes of them. Its pod has its token, and no other does. */
export function driverRights(settings: Settings): Manifest[] {
  return role(settings, [
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete", "get", "list", "watch"] },
    { apiGroups: [""], resources: ["events", "pods"], verbs: ["list", "watch"] },
    { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
  ]);
}

/**
 * What Argo's own container in each pod needs: to report results. Its token is mounted there and nowhere else.
 * https://argo-workflows.readthedocs.io/en/latest/service-accounts/, https://argo-workflows.readthedocs.io/en/latest/service-account-secrets/
 */
export function argoRights(settings: Settings): Manifest[] {
  const name = settings.engineAccount;
  return [
    ...role(settings, [{ apiGroups: ["argoproj.io"], resources: ["workflowtaskresults"], verbs: ["create", "patch"] }]),
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

/** The engine's role, and that its account has it. */
function role(settings: Settings, rules: readonly Manifest[]): Manifest[] {
  const name = settings.engineAccount;
  const metadata = settings.metadata(name, "engine");
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    { apiVersion: `${apiGroup}/v1`, kind: "Role", metadata, rules },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: settings.namespace }],
    },
  ];
}
