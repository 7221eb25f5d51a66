export { type ExecutorCase, type ExecutorSuiteOptions, testExecutor } from "./test-executor.ts";
