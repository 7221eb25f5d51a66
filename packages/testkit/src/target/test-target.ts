import type { Artifacts, ComputeResource, Provider, Target } from "@glacier/core";
import { registerSuite, type SuiteOptions } from "../suite.ts";
import { type TargetCase, targetCases } from "./cases.ts";
import type { TargetView } from "./view.ts";

export type { TargetCase };

/** Options of {@link testTarget}. */
export interface TargetSuiteOptions extends SuiteOptions<TargetCase> {
  /** A target, made anew several times in each case, always the same way. */
  readonly create: () => Target | Promise<Target>;
  /** What the tasks of the kit's pipelines ask for; absent: the target's default. */
  readonly compute?: ComputeResource;
  /** Providers for the registry that a compilation gets, beside core's own. */
  readonly providers?: readonly Provider[];
  /** Reads a form's files back. */
  readonly view: (artifacts: Artifacts, form: string) => TargetView | Promise<TargetView>;
}

/**
 * Registers the tests that every target passes: deterministic files with legal names, every task in its order, no secret,
 * no right too many or too few, and a clear refusal of what can't run there. Call it where vitest collects tests.
 */
export function testTarget(title: string, options: TargetSuiteOptions): void {
  registerSuite(title, targetCases(options), options);
}
