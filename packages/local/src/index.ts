export { localFs, memory } from "./storage/index.ts";
