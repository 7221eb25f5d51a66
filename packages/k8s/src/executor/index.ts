export { KubernetesExecutor, type KubernetesKind } from "./kubernetes-executor.ts";
export type { KubernetesClient, KubernetesExecutorOptions } from "./options.ts";
