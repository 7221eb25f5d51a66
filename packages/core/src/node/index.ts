export { type NodeRuntimeOptions, nodeRuntime } from "./runtime.ts";
