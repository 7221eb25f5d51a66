import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Target } from "@glacier/core";
import type { BuildCode } from "../src/code/types.ts";
import { defaultState, defaultStorage } from "../src/deployment.ts";
import type { AWSCompilation } from "../src/target/compilation.ts";
import { compileWith } from "../src/target/compile.ts";
import { type AWSTargetOptions, checkOptions } from "../src/target/options.ts";

/** Code that is the pipeline's module itself: for tests that are not about bundles. */
export const moduleAsCode: BuildCode = async (plan, { pipeline }) => {
  const bytes = pipeline.module === undefined ? new Uint8Array() : readFileSync(fileURLToPath(pipeline.module));
  const sha256 = createHash("sha256").update(bytes).update(JSON.stringify(plan)).digest("hex");
  const bases = new Set(
    plan.tasks.flatMap(({ compute }) =>
      compute?.kind === "container" && "image" in compute ? [String(compute.image)] : [],
    ),
  );
  return {
    zip: { path: `code/${sha256.slice(0, 16)}.zip`, bytes, sha256 },
    images: [...bases].sort().map((base) => {
      const tag = createHash("sha256").update(base).update(sha256).digest("hex").slice(0, 16);
      return { base, name: tag, tag, files: { Dockerfile: `FROM ${base}\n` } };
    }),
  };
};

/** An `AWSTarget` with other code. */
export function targetWith(buildCode: BuildCode, options: AWSTargetOptions): Target<AWSCompilation> {
  checkOptions(options);
  return {
    name: "aws",
    defaultStorage,
    state: defaultState,
    compile: (plan, context) => compileWith(buildCode, options, plan, context),
  };
}
