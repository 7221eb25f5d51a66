import type { CompileContext, Plan, StorageResource, Target } from "@glacier/core";
import { buildCode } from "../code/index.ts";
import { stateOf } from "../deployment.ts";
import type { KubernetesCompilation } from "./compilation.ts";
import { compileWith } from "./compile.ts";
import { checkOptions, type KubernetesTargetOptions } from "./options.ts";

/**
 * Compiles a pipeline to Kubernetes manifests: the graph as an Argo workflow or run by a driver Job, each task a pod with an account of its own.
 * Errors of the constructor: `OPTION_INVALID`; of `compile`: `MODULE_INVALID`, `BUNDLE_FAILED`.
 */
export class KubernetesTarget implements Target<KubernetesCompilation> {
  readonly name = "kubernetes";
  readonly defaultStorage: StorageResource;
  readonly state: StorageResource;
  readonly #options: KubernetesTargetOptions;

  constructor(options: KubernetesTargetOptions) {
    this.#options = checkOptions(options);
    this.defaultStorage = options.storage;
    this.state = stateOf(options.storage);
  }

  compile(plan: Plan, context: CompileContext): Promise<KubernetesCompilation> {
    return compileWith(buildCode, this.#options, plan, context);
  }
}
