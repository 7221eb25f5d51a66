import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { GlacierError } from "@glacier/core";
import type { BuildOptions, BuildResult, OutputFile } from "esbuild";
import { buildFailure, toWarning } from "./diagnostics.ts";
import { checkExports } from "./exports.ts";
import { findRoot, Labels, packageOf } from "./labels.ts";
import { checkNative, nativePlugin } from "./native.ts";
import { devDependencyWarnings, fileAccessWarnings } from "./remarks.ts";
import { addRequire } from "./require.ts";
import { joinMap, splitMap } from "./source-map.ts";

/** What an entry imports to get the pipeline's module: `import * as user from "glacier:pipeline"`. */
export const pipelineImport = "glacier:pipeline";

/** Options of {@link bundle}. */
export interface BundleOptions {
  /** The pipeline's module: its path or `file:` URL (what `pipeline.module` holds). TypeScript or JavaScript. */
  readonly module: string | URL;
  /**
   * Source (TypeScript) of the bundle's entry, which imports the pipeline's module from {@link pipelineImport}.
   * Without one the bundle is the pipeline's module itself.
   */
  readonly entry?: string;
  /**
   * Further modules that the entry imports by names of its own, `"glacier:provider/redis"`, each a path or `file:` URL:
   * so no machine's paths are in the entry, which the source map holds.
   */
  readonly modules?: Readonly<Record<string, string | URL>>;
  /** Where the entry's own imports are looked up: a path or `file:` URL of a file. Default: the pipeline's module. */
  readonly entryFrom?: string | URL;
  /** Packages (with all their subpaths) that stay imports; whoever runs the bundle has them installed. */
  readonly external?: readonly string[];
  /** Shorter code; names that show in errors are kept. Default false. */
  readonly minify?: boolean;
  /** Further conditions for `exports` in package.json. Default none: what plain Node would load. */
  readonly conditions?: readonly string[];
}

/** One ESM file that holds a pipeline's whole module graph. */
export interface Bundle {
  /** For Node ≥ 22.18. No source map comment, so that code and map can be stored apart. */
  readonly code: string;
  /** Source map (JSON), with the sources' text. */
  readonly map: string;
  /** SHA-256 (hex) of `code`. */
  readonly hash: string;
  /** What ended up in the bundle, by path. */
  readonly inputs: readonly BundleInput[];
  readonly warnings: readonly BundleWarning[];
}

/** A file that ended up in a bundle. */
export interface BundleInput {
  /** Relative to the pipeline's package; a dependency's file is `node_modules/<package>/…` wherever it lay. */
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
}

/** A remark on a bundle that will probably fail, or differ, where it runs. */
export interface BundleWarning {
  readonly message: string;
  /** As {@link BundleInput.path}. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
}

/**
 * Bundles a pipeline's module graph to one ESM file for Node. The same sources give the same bytes, wherever the checkout
 * lies. `node:` builtins stay imports, CommonJS dependencies work, what is not used is left out.
 *
 * TypeScript is read the way Node reads it: tsconfig.json is not consulted, imports that are not `type` imports stay.
 * `import.meta.url` is the bundle's own URL; a path built from it is a warning, since no file travels along.
 *
 * Errors: `BUNDLE_FAILED` (a file that isn't there, an import that can't be resolved, a syntax error, native code), with
 * one entry in `issues` for each mistake; `MODULE_INVALID` for a pipeline's module that exports nothing to its entry.
 */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const module = modulePath(options.module);
  const root = findRoot(module);
  const labels = new Labels(root);
  const { build } = await loadEsbuild();

  let result: BuildResult<{ metafile: true; write: false }>;
  try {
    result = await build({
      ...settings(options, root, module),
      plugins: [nativePlugin()],
      metafile: true,
      write: false,
    });
  } catch (error) {
    throw buildFailure(error, labels);
  }
  const inputs = Object.values(result.metafile.outputs).find((output) => output.entryPoint !== undefined)?.inputs ?? {};
  checkNative(inputs, result.metafile, labels);
  if (options.entry !== undefined) {
    const alone = await build({
      ...reading,
      absWorkingDir: root,
      entryPoints: [module],
      outdir: "out",
      metafile: true,
      write: false,
    });
    checkExports(fileOf(alone.outputFiles, ".js"), alone.metafile, labels);
  }

  const output = addRequire(fileOf(result.outputFiles, ".mjs"), splitMap(fileOf(result.outputFiles, ".mjs.map")));
  const code = labels.inCode(output.code, Object.keys(result.metafile.inputs));
  return {
    code,
    map: joinMap(labels.inMap(output.map)),
    hash: createHash("sha256").update(code).digest("hex"),
    inputs: Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => ({ path: labels.of(path), bytes: result.metafile.inputs[path]?.bytes ?? 0 }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    warnings: [
      // Of a dependency's files nobody can change anything; esbuild itself is silent on what lies in node_modules.
      ...result.warnings.map((warning) => toWarning(warning, labels)).filter(({ file = "" }) => !packageOf(file)),
      ...fileAccessWarnings(output.map.sources, labels),
      ...devDependencyWarnings(root, Object.keys(inputs), result.metafile, labels),
    ],
  };
}

/** How modules are read. */
const reading = {
  target: "node22",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
  logLevel: "silent",
} satisfies BuildOptions;

function settings(
  { entry, entryFrom, modules = {}, external = [], minify = false, conditions = [] }: BundleOptions,
  root: string,
  module: string,
): BuildOptions {
  return {
    ...(entry === undefined
      ? { entryPoints: [{ in: module, out: "bundle" }] }
      : {
          stdin: {
            contents: entry,
            sourcefile: "glacier-entry.ts",
            resolveDir: dirname(entryFrom === undefined ? module : modulePath(entryFrom)),
            loader: "ts" as const,
          },
          alias: {
            ...Object.fromEntries(Object.entries(modules).map(([name, at]) => [name, modulePath(at)])),
            [pipelineImport]: module,
          },
        }),
    ...reading,
    absWorkingDir: root,
    outdir: "out",
    entryNames: "bundle",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    charset: "utf8",
    conditions: [...conditions],
    external: external.flatMap((name) => [name, `${name}/*`]),
    minify,
    keepNames: minify,
    legalComments: "none",
    sourcemap: "external",
    // The free variables of CommonJS; free ones only, so a module's own `const __dirname` is left alone.
    define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
  };
}

function modulePath(module: string | URL): string {
  const path = typeof module === "string" && !module.startsWith("file:") ? resolve(module) : fileURLToPath(module);
  if (existsSync(path)) return path;
  throw new GlacierError("BUNDLE_FAILED", {
    message: `there is no module ${path}`,
    hint: "Give the file that exports the pipeline; new Pipeline(…, { module: import.meta.url }) keeps it right.",
  });
}

async function loadEsbuild(): Promise<typeof import("esbuild")> {
  try {
    return await import("esbuild");
  } catch (error) {
    throw new GlacierError("BUNDLE_FAILED", {
      message: "esbuild doesn't load on this machine",
      hint: "Install the project's dependencies on this machine (npm install): esbuild's program differs by operating system.",
      cause: error,
    });
  }
}

function fileOf(files: readonly OutputFile[], end: string): string {
  return files.find(({ path }) => path.endsWith(end))?.text ?? "";
}
