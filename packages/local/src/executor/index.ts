export { LocalExecutor, type LocalKind } from "./local-executor.ts";
export type { DockerConnection, LocalExecutorOptions } from "./options.ts";
