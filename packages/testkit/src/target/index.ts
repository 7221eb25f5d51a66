export { type TargetCase, type TargetSuiteOptions, testTarget } from "./test-target.ts";
export type { TargetView } from "./view.ts";
