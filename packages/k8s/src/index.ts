export { kubernetes } from "./provider.ts";
