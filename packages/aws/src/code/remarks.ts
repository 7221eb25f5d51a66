import type { BundleWarning } from "@glacier/bundler";
import { type Diagnostic, GlacierError } from "@glacier/core";

/** A warning of the bundler's, for whoever deploys the code. */
export function toRemark({ message, file, line }: BundleWarning): Diagnostic {
  const where = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
  const context = { ...(file !== undefined && { file }), ...(line !== undefined && { line }) };
  return {
    severity: "warning",
    error: new GlacierError("BUNDLE_FAILED", {
      message: `${where}${message}`,
      hint: "The bundle was made all the same; what runs of it may fail, or differ, where it is deployed.",
      context,
    }),
  };
}
