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
  /**
   * What can't be deployed (a task's kind of compute, storage that the engine doesn't reach) is a diagnostic of severity
   * `error`, all of it at once; throwing is for what stops the compiler itself.
   */
  compile(plan: Plan, context: CompileContext): Promise<C>;
}

/** What surrounds a compilation. */
export interface CompileContext {
  readonly pipeline: AnyPipeline;
  readonly registry: Registry;
}

/** What a target returns, in memory; each target's own type adds conveniences such as `toTerraform(dir)`. */
export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
  /** The forms it can be written in, by name: `terraform`, `cloudformation`, `manifests`. The first is the default. */
  readonly forms: Readonly<Record<string, () => Promise<Artifacts>>>;
}

/** Files by path, relative and with `/` between folders. Same plan, same bytes. */
export type Artifacts = Readonly<Record<string, string | Uint8Array>>;

/** A remark on a compilation. `error` means the artifacts must not be deployed. */
export interface Diagnostic {
  readonly severity: "info" | "warning" | "error";
  readonly error: GlacierError;
}
