import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Metafile } from "esbuild";
import type { BundleWarning } from "./bundle.ts";
import { type Labels, packageOf, pathOf, readPackage } from "./labels.ts";

/** The lines of the user's own modules that build a path from the module's place. `sources` are a source map's. */
export function fileAccessWarnings(sources: readonly string[], labels: Labels): BundleWarning[] {
  return sources.flatMap((source) => {
    const file = labels.of(pathOf(source));
    const text = packageOf(file) === undefined ? textOf(resolve(labels.root, pathOf(source))) : "";
    return linesWith(/new URL\(\s*["'`]\.{1,2}\/.*import\.meta\.|import\.meta\.(dirname|filename)/, text).map(
      (line) => ({
        message:
          "this path starts at the module's folder, but no file travels with a bundle: read it as a dataset instead",
        file,
        line,
      }),
    );
  });
}

/** Empty for what is no file: the entry. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Counted from 1. */
function linesWith(pattern: RegExp, text: string): number[] {
  if (!pattern.test(text)) return [];
  return text.split("\n").flatMap((line, i) => (pattern.test(line) ? [i + 1] : []));
}

/** Says which bundled packages the user's own modules import, as development dependencies of the pipeline's package. */
export function devDependencyWarnings(
  root: string,
  inputs: readonly string[],
  { inputs: files }: Metafile,
  labels: Labels,
): BundleWarning[] {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = readPackage(root);
  const packagesOf = (paths: readonly string[]) => new Set(paths.flatMap((path) => packageOf(labels.of(path)) ?? []));
  const bundled = packagesOf(inputs);
  const own = inputs.filter((input) => packageOf(labels.of(input)) === undefined);
  const direct = packagesOf(own.flatMap((input) => files[input]?.imports.map(({ path }) => path) ?? []));
  return Object.keys(devDependencies ?? {})
    .filter(
      (name) =>
        bundled.has(name) &&
        direct.has(name) &&
        ![dependencies, peerDependencies, optionalDependencies].some(
          (section) => section !== undefined && name in section,
        ),
    )
    .sort()
    .map((name) => ({
      message: `"${name}" is in the bundle but only in devDependencies: move it to dependencies`,
      file: "package.json",
    }));
}
