import type { Artifacts, Compilation, CompiledImage, Diagnostic } from "@glacier/core";
import { refusal } from "@glacier/core/compile";
import { writeArtifacts } from "@glacier/core/node";
import { compiledImage } from "../code/compiled-image.ts";
import { toCloudFormation } from "./cloudformation/index.ts";
import type { Model, Resource } from "./model.ts";
import type { Transform } from "./options.ts";
import { toTerraform } from "./terraform/index.ts";

/** A pipeline as infrastructure on AWS: what a compilation by `AWSTarget` answers. */
export class AWSCompilation implements Compilation {
  readonly diagnostics: readonly Diagnostic[];
  readonly forms: {
    readonly terraform: () => Promise<Artifacts>;
    readonly cloudformation: () => Promise<Artifacts>;
  };
  readonly #model: Model | undefined;

  /** Without a model it can't be deployed, and a diagnostic says why. */
  constructor(diagnostics: readonly Diagnostic[], model: Model | undefined, transform: Transform | undefined) {
    this.diagnostics = diagnostics;
    this.#model = model;
    this.forms = {
      terraform: async () => toTerraform(this.#deployable(), transform),
      cloudformation: async () => toCloudFormation(this.#deployable(), transform),
    };
  }

  /** What is deployed, before it is printed; nothing where a diagnostic forbids to. */
  get resources(): readonly Resource[] {
    return this.#model?.resources ?? [];
  }

  /** The images of container tasks, for `glacier build` and `glacier push`. */
  get images(): readonly CompiledImage[] {
    const repository = this.resources.find((resource) => resource.kind === "repository");
    const container = this.resources.find((resource) => resource.kind === "taskDefinition");
    const model = this.#model;
    if (model === undefined || repository === undefined || container === undefined) return [];
    const place = { name: repository.name, region: model.region, architecture: container.architecture };
    return model.code.images.map((image) => compiledImage(image, place));
  }

  /** Writes Terraform's JSON and the code below `folder`. Errors: the first error diagnostic, `STORAGE_FAILED`; `OPTION_INVALID` of `transform`. */
  async toTerraform(folder: string): Promise<void> {
    await writeArtifacts(await this.forms.terraform(), folder);
  }

  /** Writes a CloudFormation template and the code below `folder`. Errors as {@link toTerraform}. */
  async toCloudFormation(folder: string): Promise<void> {
    await writeArtifacts(await this.forms.cloudformation(), folder);
  }

  #deployable(): Model {
    if (this.#model === undefined) throw refusal(this.diagnostics);
    return this.#model;
  }
}
