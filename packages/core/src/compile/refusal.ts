import { GlacierError } from "../errors/index.ts";
import type { Diagnostic } from "../provider/target.ts";

/** The error of whoever asks for the files of a compilation that can't be deployed: its first one, with all of them as issues. */
export function refusal(diagnostics: readonly Diagnostic[]): GlacierError {
  const errors = diagnostics.flatMap(({ severity, error }) => (severity === "error" ? [error] : []));
  const [first] = errors;
  if (first === undefined) throw new TypeError("a compilation without files has a diagnostic that says why");
  if (errors.length === 1) return first;
  return new GlacierError(first.code, {
    message: `this can't be deployed:\n${errors.map(({ message }) => `- ${message}`).join("\n")}`,
    hint: first.hint,
    issues: errors,
  });
}
