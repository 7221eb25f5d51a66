export { type DockerConnection, LocalExecutor, type LocalExecutorOptions, type LocalKind } from "./executor/index.ts";
export { local } from "./provider.ts";
export { localFs, memory } from "./storage/index.ts";
