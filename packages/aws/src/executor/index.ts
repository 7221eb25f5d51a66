export { AWSExecutor, type AWSKind } from "./aws-executor.ts";
export type { AWSExecutorOptions, OwnClients } from "./options.ts";
