import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Target } from "@glacier/core";
import type { BuildCode } from "../src/code/index.ts";
import { stateOf } from "../src/deployment.ts";
import type { KubernetesCompilation } from "../src/target/compilation.ts";
import { compileWith } from "../src/target/compile.ts";
import { checkOptions, type KubernetesTargetOptions } from "../src/target/options.ts";

/** Code that is the pipeline's module itself: for tests that are not about bundles. */
export const moduleAsCode: BuildCode = async (plan, { pipeline }) => ({
  files: {
    "index.mjs": pipeline.module === undefined ? "" : readFileSync(fileURLToPath(pipeline.module), "utf8"),
    "plan.json": JSON.stringify(plan),
  },
  warnings: [],
});

/** A `KubernetesTarget` with other code. */
export function targetWith(buildCode: BuildCode, options: KubernetesTargetOptions): Target<KubernetesCompilation> {
  checkOptions(options);
  return {
    name: "kubernetes",
    defaultStorage: options.storage,
    state: stateOf(options.storage),
    compile: (plan, context) => compileWith(buildCode, options, plan, context),
  };
}
