import { GlacierError } from "@glacier/core";

/**
 * Options may come from a config file, where no compiler looks at them. Errors: `OPTION_INVALID`, without the value: it may
 * be secret.
 */
export function checkOption(isRight: boolean, message: string, hint: string): asserts isRight {
  if (!isRight) throw new GlacierError("OPTION_INVALID", { message, hint });
}
