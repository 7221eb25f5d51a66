import { describeThrown, GlacierError, isGlacierError } from "@glacier/core";

/** Whatever was thrown as a `GlacierError`; what is none is a defect and says so. */
export function toGlacierError(thrown: unknown): GlacierError {
  if (isGlacierError(thrown)) return thrown;
  return new GlacierError("INTERNAL", {
    message: `unexpected: ${describeThrown(thrown)}`,
    hint: "This is a defect in Glacier or a provider: please report it with what --verbose prints.",
    cause: thrown,
  });
}
