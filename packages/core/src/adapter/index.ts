export { checkKey } from "../storage/key.ts";
export { abortError, discard, orAbort, pull, throwIfAborted } from "./abort.ts";
export { changed, checkConditions, existsAlready, notFound } from "./conditions.ts";
export { compareUtf8 } from "./order.ts";
export { resolveRange } from "./range.ts";
