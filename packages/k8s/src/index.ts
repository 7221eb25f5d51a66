export {
  type KubernetesClient,
  KubernetesExecutor,
  type KubernetesExecutorOptions,
  type KubernetesKind,
} from "./executor/index.ts";
export { kubernetes } from "./provider.ts";
export {
  type Identity,
  KubernetesCompilation,
  KubernetesTarget,
  type KubernetesTargetOptions,
  type Transform,
} from "./target/index.ts";
