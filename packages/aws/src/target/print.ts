import { describeThrown, GlacierError } from "@glacier/core";
import { isJsonObject } from "@glacier/core/compile";
import type { Model, Resource } from "./model.ts";
import type { PrintedResource, Properties, Transform } from "./options.ts";

/** How a form has each kind of resource. */
export type Printers = {
  readonly [K in Resource["kind"]]: (resource: Extract<Resource, { kind: K }>, printed: Printed, model: Model) => void;
};

/** Printed resources by type and id, each transformed. */
export class Printed {
  readonly #form: PrintedResource["form"];
  readonly #transform: Transform | undefined;
  readonly all: { readonly type: string; readonly id: string; readonly properties: Properties }[] = [];

  constructor(form: PrintedResource["form"], transform: Transform | undefined) {
    this.#form = form;
    this.#transform = transform;
  }

  add(type: string, id: string, properties: Properties): void {
    this.all.push({ type, id, properties: this.#transformed(type, id, properties) });
  }

  #transformed(type: string, id: string, properties: Properties): Properties {
    if (this.#transform === undefined) return properties;
    // A copy: lists and tags are shared between resources.
    const resource = { form: this.#form, type, id, properties: structuredClone(properties) };
    let answer: unknown;
    try {
      answer = this.#transform(resource);
    } catch (error) {
      throw new GlacierError("OPTION_INVALID", {
        message: `AWSTarget: its option "transform" threw for ${type} "${id}": ${describeThrown(error)}`,
        hint: "It is called for each resource of each form: return those that it is not about as they came.",
        cause: error,
      });
    }
    if (isJsonObject(answer)) return answer;
    throw new GlacierError("OPTION_INVALID", {
      message: `AWSTarget: its option "transform" returned no JSON object for ${type} "${id}"`,
      hint: "Return the properties to print; those that it is not about as they came.",
    });
  }
}

/** All resources of a model, printed by a form's printers. */
export function printAll(
  form: PrintedResource["form"],
  printers: Printers,
  model: Model,
  transform: Transform | undefined,
): Printed["all"] {
  const printed = new Printed(form, transform);
  for (const resource of model.resources) {
    const print = printers[resource.kind] as (resource: Resource, printed: Printed, model: Model) => void;
    print(resource, printed, model);
  }
  return printed.all;
}

/** JSON for people and diffs, as bytes: a text with something behind it would be copied once more on its way to a file. */
export function pretty(value: unknown): Buffer {
  const json = JSON.stringify(value, null, 2);
  const bytes = Buffer.alloc(Buffer.byteLength(json) + 1, "\n");
  bytes.write(json);
  return bytes;
}
