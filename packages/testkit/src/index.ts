export { type ExecutorCase, type ExecutorSuiteOptions, testExecutor } from "./executor/index.ts";
export {
  type FormatCase,
  type FormatSuiteOptions,
  type RowsFormatCase,
  type RowsFormatOptions,
  testFormat,
  type ValueFormatCase,
  type ValueFormatOptions,
} from "./format/index.ts";
export { type StorageCase, type StorageSuiteOptions, testStorage } from "./storage/index.ts";
export type { SuiteOptions } from "./suite.ts";
export { type TargetCase, type TargetSuiteOptions, type TargetView, testTarget } from "./target/index.ts";
