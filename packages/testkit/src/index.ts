export type { SuiteOptions } from "./suite.ts";
