export { buildCode } from "./build.ts";
