export { type NodeRuntimeOptions, nodeRuntime } from "./runtime.ts";
export { writeArtifacts } from "./write-artifacts.ts";
