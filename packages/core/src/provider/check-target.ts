import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { Compilation } from "./target.ts";

/** Whether a value can compile pipelines; types don't reach plain JavaScript. Errors: `PROVIDER_INVALID`. */
export function checkTarget(target: unknown): void {
  const { name, compile, defaultStorage, state } = recordOf(target);
  const mistakes = [
    ...(typeof name === "string" && name !== "" ? [] : ["`name` must be a string"]),
    ...(typeof compile === "function" ? [] : ["`compile` must be a function"]),
    ...Object.entries({ defaultStorage, state }).flatMap(([field, resource]) =>
      typeof recordOf(resource)["kind"] === "string" ? [] : [`\`${field}\` must be a storage resource`],
    ),
  ];
  if (mistakes.length > 0) throw invalid(`this is no target: ${mistakes.join("; ")}`);
}

/** Answers what a target returned. Errors: `PROVIDER_INVALID` where that is no compilation. */
export function checkCompilation<C extends Compilation>(compilation: C, target: string): C {
  const { diagnostics, forms, images } = recordOf(compilation);
  const mistakes = [
    ...(Array.isArray(diagnostics) && diagnostics.every(isDiagnostic)
      ? []
      : ["`diagnostics` must be an array of a severity and a GlacierError each"]),
    ...(hasForms(forms) ? [] : ["`forms` must be an object with at least one function"]),
    ...(images === undefined || (Array.isArray(images) && images.every(isImage))
      ? []
      : ["`images` must be an array of images, each with `base`, `name`, `tag`, `platform`, `context` and `registry`"]),
  ];
  if (mistakes.length > 0) throw invalid(`target "${target}" returned no compilation: ${mistakes.join("; ")}`);
  return compilation;
}

function isDiagnostic(value: unknown): boolean {
  const { severity, error } = recordOf(value);
  return (severity === "error" || severity === "warning" || severity === "info") && isGlacierError(error);
}

function isImage(value: unknown): boolean {
  const { base, name, tag, platform, context, registry } = recordOf(value);
  const texts = [base, name, tag, platform].every((text) => typeof text === "string" && text !== "");
  return texts && typeof context === "function" && typeof registry === "function";
}

function hasForms(forms: unknown): boolean {
  const all = Object.values(recordOf(forms));
  return all.length > 0 && all.every((form) => typeof form === "function");
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function invalid(message: string): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message,
    hint: "This is a defect of the target: report it to its author.",
  });
}
