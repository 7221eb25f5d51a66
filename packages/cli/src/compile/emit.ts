import { type Artifacts, type Compilation, describeThrown, GlacierError, isGlacierError } from "@glacier/core";
import { usage } from "../command/parse.ts";

/** The form of that name, the first by default. Errors: `USAGE`. */
export function formNamed({ forms }: Compilation, wanted: string | undefined, target: string): string {
  const names = Object.keys(forms);
  const form = wanted ?? (names[0] as string);
  if (Object.hasOwn(forms, form)) return form;
  throw usage(`target "${target}" has no form "${form}"`, `It has: ${names.join(", ")}.`);
}

/** A form's files. Errors: `PROVIDER_INVALID` for what are none, `INTERNAL`. */
export async function emit({ forms }: Compilation, form: string, target: string): Promise<Artifacts> {
  const artifacts = await ofTarget(target, () => forms[form]?.());
  const entries = typeof artifacts === "object" && artifacts !== null ? Object.entries(artifacts) : undefined;
  if (entries?.every(([, content]) => typeof content === "string" || content instanceof Uint8Array))
    return artifacts as Artifacts;
  throw new GlacierError("PROVIDER_INVALID", {
    message: `target "${target}" made no files of its form "${form}": they must be text or bytes by path`,
    hint: "This is a defect of the target: report it to its author.",
  });
}

/** Runs code of a target's: what it throws is its own defect, unless it says otherwise. */
export async function ofTarget<T>(target: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isGlacierError(error)) throw error;
    throw new GlacierError("INTERNAL", {
      message: `target "${target}" failed: ${describeThrown(error)}`,
      hint: "This is a defect of the target: report it to its author, with what --verbose prints.",
      cause: error,
    });
  }
}
