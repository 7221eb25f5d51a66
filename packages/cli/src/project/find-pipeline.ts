import { existsSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { GlacierError } from "@glacier/core";
import { findRoot, readPackageJson } from "./files.ts";

/** Where a pipeline is looked for in a project's folder when nothing names it. */
const defaultFiles: readonly string[] = [
  "pipeline.ts",
  "src/pipeline.ts",
  "pipeline.mts",
  "src/pipeline.mts",
  "pipeline.js",
  "src/pipeline.js",
  "pipeline.mjs",
  "src/pipeline.mjs",
];

/**
 * The file that exports the pipeline: the path given (a file, or a project's folder), else package.json's
 * `"glacier": { "pipeline": "…" }`, else the first of {@link defaultFiles}. Errors: `MODULE_INVALID`.
 */
export function findPipelineFile(cwd: string, path?: string): string {
  const given = path === undefined ? cwd : resolve(cwd, path);
  if (path !== undefined && !existsSync(given)) {
    throw new GlacierError("MODULE_INVALID", {
      message: `there is no file ${path}`,
      hint: "Give the path of the module that exports the pipeline, relative to where you are.",
    });
  }
  if (!statSync(given).isDirectory()) return given;
  const root = path === undefined ? findRoot(given) : given;
  const named = readPackageJson(root)?.glacier?.pipeline;
  if (typeof named === "string") {
    const file = resolve(root, named);
    if (existsSync(file)) return file;
    throw new GlacierError("MODULE_INVALID", {
      message: `there is no file ${named}, which "glacier" in package.json names as the pipeline`,
      hint: "Correct the path: it is relative to package.json.",
      context: { file: join(root, "package.json") },
    });
  }
  for (const folder of given === root ? [root] : [given, root]) {
    const found = defaultFiles.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
  }
  const here = relative(cwd, root) || "this folder";
  throw new GlacierError("MODULE_INVALID", {
    message: `there is no pipeline in ${here}: neither pipeline.ts nor src/pipeline.ts`,
    hint: 'Give its path (glacier run path/to/pipeline.ts), or put "glacier": { "pipeline": "…" } into package.json, or start a project with glacier init.',
  });
}
