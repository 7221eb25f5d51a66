import type { Artifacts, CompileContext, Diagnostic, Plan } from "@glacier/core";

/** What a pipeline's code becomes for AWS. Same plan and code, same bytes. */
export interface CodeArtifacts {
  readonly zip: CodeZip;
  /** One for each distinct base image of the plan's container tasks. */
  readonly images: readonly CodeImage[];
  /** What whoever deploys it should know: a warning of the bundler's, for instance. */
  readonly remarks?: readonly Diagnostic[];
}

/** The zip that all of a deployment's Lambda functions share. */
export interface CodeZip {
  /** Where it stands among the artifacts: `code/<name>.zip`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of `bytes`; hex. */
  readonly sha256: string;
}

/** What an image is built from. */
export interface CodeImage {
  /** The image that tasks name. */
  readonly base: string;
  /** Folder among the artifacts, below `images/`: a legal path part, different for each. */
  readonly name: string;
  /** Follows from the content; legal as an image tag. */
  readonly tag: string;
  /** `Dockerfile` and what it copies, by path in that folder. */
  readonly files: Artifacts;
}

/** Makes a pipeline's code. Errors: `MODULE_INVALID`, `BUNDLE_FAILED`. */
export type BuildCode = (plan: Plan, context: CompileContext) => Promise<CodeArtifacts>;
