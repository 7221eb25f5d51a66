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
  /**
   * The forms it can be written in, by name: `terraform`, `cloudformation`, `manifests`. The first is the default. Another
   * that can't hold the pipeline throws `UNSUPPORTED`, and a diagnostic, of `info`, has the same error.
   */
  readonly forms: Readonly<Record<string, () => Promise<Artifacts>>>;
  /** Container images that the deployment also needs: `glacier build` makes them, `glacier push` takes them where it looks for them. */
  readonly images?: readonly CompiledImage[];
}

/** A container image, on one of the images that tasks name. It runs Glacier's own code, so it has Node. */
export interface CompiledImage {
  /** The image that it is made on. */
  readonly base: string;
  /** What it is called where it is built, without the tag. */
  readonly name: string;
  /** Follows from the content: an image with this name and tag needs not be built again. */
  readonly tag: string;
  /** `linux/arm64`. */
  readonly platform: string;
  /** What it is built from: a `Dockerfile` and what that copies. */
  context(): Promise<Artifacts>;
  /** Where it is pushed to. Asked only then: it may take a login. */
  registry(): Promise<ImageRegistry>;
}

/** A place in a registry. */
export interface ImageRegistry {
  /** With the registry's host, without a tag. */
  readonly repository: string;
  /** Short-lived, as a registry's login gives them. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** Files by path, relative and with `/` between folders. Same plan, same bytes. */
export type Artifacts = Readonly<Record<string, string | Uint8Array>>;

/** A remark on a compilation. `error` means the artifacts must not be deployed. */
export interface Diagnostic {
  readonly severity: "info" | "warning" | "error";
  readonly error: GlacierError;
}
