import type { Provider } from "@glacier/core";
import { KubernetesExecutor, type KubernetesExecutorOptions } from "./executor/index.ts";
import { KubernetesTarget, type KubernetesTargetOptions } from "./target/index.ts";

/** Kubernetes: what compiles pipelines to manifests, and what runs them in a cluster. */
export const kubernetes: Provider = {
  name: "kubernetes",
  contract: 1,
  module: import.meta.url,
  executors: { kubernetes: (options) => new KubernetesExecutor(options as unknown as KubernetesExecutorOptions) },
  targets: { kubernetes: (options) => new KubernetesTarget(options as unknown as KubernetesTargetOptions) },
};
