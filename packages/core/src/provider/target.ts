import type { GlacierError } from "../errors/index.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import type { Plan } from "../plan/plan.ts";
import type { StorageResource } from "../storage/resource.ts";
import type { Registry } from "./registry.ts";

/** Compiles a pipeline to infrastructure files and code bundles. */
export interface Target<C extends Compilation = Compilation> {
  readonly name: string;
  /** Where datasets without storage of their own go. */
  readonly defaultStorage: StorageResource;
  /** Where manifests and run journals go. */
  readonly state: StorageResource;
  compile(plan: Plan, context: CompileContext): Promise<C>;
}

/** What surrounds a compilation. */
export interface CompileContext {
  readonly pipeline: AnyPipeline;
  readonly registry: Registry;
}

/** What a target returns: artifacts in memory; each target's own type adds how to write them. */
export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
}

/** A remark on a compilation. `error` means the artifacts must not be deployed. */
export interface Diagnostic {
  readonly severity: "info" | "warning" | "error";
  readonly error: GlacierError;
}
