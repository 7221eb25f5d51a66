import { readFile } from "node:fs/promises";
import { extname, relative, sep } from "node:path";
import type { Loader, Plugin } from "esbuild";
import type { BundleWarning } from "./bundle.ts";
import { type Labels, packageOf, readPackage } from "./labels.ts";

/** Notes the lines of the user's own modules that build a path from the module's place. */
export function fileAccessPlugin(): {
  plugin: Plugin;
  warnings(labels: Labels, inputs: Readonly<Record<string, unknown>>): BundleWarning[];
} {
  const found: { path: string; line: number }[] = [];
  let root = "";
  return {
    plugin: {
      name: "glacier-file-access",
      setup(build) {
        root = build.initialOptions.absWorkingDir ?? "";
        build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, async ({ path }) => {
          if (path.includes(`${sep}node_modules${sep}`)) return undefined;
          const contents = await readFile(path, "utf8");
          contents.split("\n").forEach((line, index) => {
            if (
              /new URL\(\s*["'`]\.{1,2}\/|import\.meta\.(dirname|filename)/.test(line) &&
              /import\.meta\./.test(line)
            ) {
              found.push({ path: relative(root, path).replaceAll(sep, "/"), line: index + 1 });
            }
          });
          return { contents, loader: loaders[extname(path)] ?? "ts" };
        });
      },
    },
    warnings: (labels, inputs) =>
      found
        .filter(({ path }) => path in inputs)
        .sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))
        .map(({ path, line }) => ({
          message:
            "this path starts at the module's folder, but no file travels with a bundle: read it as a dataset instead",
          file: labels.of(path),
          line,
        })),
  };
}

const loaders: Readonly<Record<string, Loader>> = {
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
  ".tsx": "tsx",
};

/** Says which bundled packages are only development dependencies of the pipeline's package. */
export function devDependencyWarnings(root: string, inputs: readonly string[], labels: Labels): BundleWarning[] {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = readPackage(root);
  const direct = new Set(inputs.flatMap((input) => packageOf(labels.of(input)) ?? []));
  return Object.keys(devDependencies ?? {})
    .filter(
      (name) =>
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
