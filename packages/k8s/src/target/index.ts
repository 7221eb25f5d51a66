export { KubernetesCompilation } from "./compilation.ts";
export { KubernetesTarget } from "./kubernetes-target.ts";
export type { Identity, KubernetesTargetOptions, Transform } from "./options.ts";
