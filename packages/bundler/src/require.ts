import { oneLineDown, type SourceMapText } from "./source-map.ts";

/** esbuild's stand-in for `require` in ES modules, minified or not. */
const standIn = /=>\s*typeof require\s*(?:!==|<)[^;]{0,60}typeof Proxy/;

const banner =
  'import { createRequire as __glacierCreateRequire } from "node:module"; const require = __glacierCreateRequire(import.meta.url);';

/**
 * Gives a bundle a `require` where a CommonJS dependency calls it at run time (`require("fs")`). Only there: where the
 * stand-in is present esbuild has renamed every module's own top-level `require`, so the names can't meet.
 */
export function addRequire(code: string, map: SourceMapText): { code: string; map: SourceMapText } {
  if (!standIn.test(code)) return { code, map };
  return { code: `${banner}\n${code}`, map: oneLineDown(map) };
}
