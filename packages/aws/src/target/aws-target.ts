import type { CompileContext, Plan, StorageResource, Target } from "@glacier/core";
import { buildCode } from "../code/index.ts";
import { defaultState, defaultStorage } from "../deployment.ts";
import type { AWSCompilation } from "./compilation.ts";
import { compileWith } from "./compile.ts";
import { type AWSTargetOptions, checkOptions } from "./options.ts";

/**
 * Compiles a pipeline to Lambda functions, Fargate tasks and a Step Functions state machine, as Terraform or CloudFormation.
 * Errors of the constructor: `OPTION_INVALID`; of `compile`: `MODULE_INVALID`, `BUNDLE_FAILED`.
 */
export class AWSTarget implements Target<AWSCompilation> {
  readonly name = "aws";
  readonly defaultStorage: StorageResource = defaultStorage;
  readonly state: StorageResource = defaultState;
  readonly #options: AWSTargetOptions;

  constructor(options: AWSTargetOptions) {
    this.#options = checkOptions(options);
  }

  compile(plan: Plan, context: CompileContext): Promise<AWSCompilation> {
    return compileWith(buildCode, this.#options, plan, context);
  }
}
