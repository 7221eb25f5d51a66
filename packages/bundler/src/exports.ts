import { GlacierError } from "@glacier/core";
import type { Metafile } from "esbuild";
import type { Labels } from "./labels.ts";

/**
 * `code` and metafile are of the module alone: in a bundle its exports can't be seen. Errors: `MODULE_INVALID` where there are
 * none, since what runs a bundle finds the pipeline by its module's exports.
 */
export function checkExports(code: string, { inputs, outputs }: Metafile, labels: Labels): void {
  const [input] = Object.entries(inputs);
  // Of a CommonJS module, and of what another module exports, only Node knows the names.
  if (input?.[1].format !== "esm" || /^\s*export \* from/m.test(code)) return;
  if (Object.values(outputs).some(({ exports }) => exports.length > 0)) return;
  const file = labels.of(input[0]);
  throw new GlacierError("MODULE_INVALID", {
    message: `${file} exports nothing, so nobody finds the pipeline where its tasks run`,
    hint: "Export the pipeline: export const pipeline = new Pipeline(…).",
    context: { file },
  });
}
