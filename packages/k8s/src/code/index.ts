export { type BuildCode, type BuiltCode, buildCode } from "./build.ts";
export { type PackedCode, packCode } from "./pack.ts";
