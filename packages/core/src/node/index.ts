export { type AttemptHost, attemptHere } from "./attempt-here.ts";
export { type NodeRuntimeOptions, nodeRuntime } from "./runtime.ts";
export { writeArtifacts } from "./write-artifacts.ts";
