import type { Artifacts, Compilation, Diagnostic } from "@glacier/core";
import { refusal } from "@glacier/core/compile";
import { writeArtifacts } from "@glacier/core/node";
import type { Manifest } from "../pod/pod.ts";
import type { Transform } from "./options.ts";
import { print } from "./print.ts";

/** Manifests by the file that they are in; in an order in which they can be applied. */
export type ManifestFiles = Readonly<Record<string, readonly Manifest[]>>;

/** A pipeline as Kubernetes manifests: what a compilation by `KubernetesTarget` answers. */
export class KubernetesCompilation implements Compilation {
  readonly diagnostics: readonly Diagnostic[];
  readonly forms: { readonly manifests: () => Promise<Artifacts> };
  readonly #files: ManifestFiles | undefined;

  /** Without files it can't be deployed, and a diagnostic says why. */
  constructor(diagnostics: readonly Diagnostic[], files: ManifestFiles | undefined, transform: Transform | undefined) {
    this.diagnostics = diagnostics;
    this.#files = files;
    this.forms = { manifests: async () => print(this.#deployable(), transform) };
  }

  /** Writes the manifests below `folder`. Errors: the first error diagnostic, `STORAGE_FAILED`; `OPTION_INVALID` of `transform`. */
  async toManifests(folder: string): Promise<void> {
    await writeArtifacts(await this.forms.manifests(), folder);
  }

  #deployable(): ManifestFiles {
    if (this.#files === undefined) throw refusal(this.diagnostics);
    return this.#files;
  }
}
