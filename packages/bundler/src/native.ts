import { GlacierError } from "@glacier/core";
import type { Metafile, Plugin } from "esbuild";
import { type Labels, packageOf } from "./labels.ts";

const namespace = "glacier-native";

/** Packages that look for a `.node` file when they run, where no bundler sees it. */
const loaders =
  /^(node-gyp-build|node-gyp-build-optional-packages|bindings|prebuildify|@mapbox\/node-pre-gyp|@neon-rs\/load)$/;

/**
 * Gives native code a placeholder, so that only native code which really ends up in the bundle is an error
 * ({@link checkNative}), not what tree shaking drops.
 */
export function nativePlugin(): Plugin {
  return {
    name: "glacier-native",
    setup(build) {
      const resolving = Symbol("resolving");
      build.onResolve({ filter: new RegExp(`\\.node$|${loaders.source}`) }, async ({ path, pluginData, ...args }) => {
        if (pluginData === resolving) return undefined;
        const { importer, resolveDir, kind, with: attributes } = args;
        const found = await build.resolve(path, {
          importer,
          resolveDir,
          kind,
          with: attributes,
          pluginData: resolving,
        });
        return found.external || found.errors.length > 0 ? found : { path: found.path, namespace };
      });
      build.onLoad({ filter: /.*/, namespace }, () => ({ contents: "module.exports = null;", loader: "js" }));
    },
  };
}

/** Errors: `BUNDLE_FAILED` for native code in the bundle. */
export function checkNative(
  inputs: Readonly<Record<string, { bytesInOutput: number }>>,
  metafile: Metafile,
  labels: Labels,
): void {
  const native = Object.keys(inputs)
    .filter((path) => path.startsWith(`${namespace}:`))
    .sort();
  if (native.length === 0) return;
  const issues = native.map((path) => {
    const importers = importersOf(path, metafile).map((importer) => labels.of(importer));
    const label = labels.of(path);
    const own = packageOf(label);
    const user = importers.map(packageOf).find((name) => name !== undefined);
    // The package that the user knows: who asks for the platform's binary, or for a loader such as node-gyp-build.
    const name = user ?? own ?? label;
    return new GlacierError("BUNDLE_FAILED", {
      message: `package "${name}" has native code (${label}${importers[0] === undefined ? "" : `, imported by ${importers[0]}`}), which can't be bundled`,
      hint: `Run the tasks that need it as compute.container on an image that has ${name} installed, or list "${name}" in \`external\` where it is installed beside the bundle.`,
      context: { package: name },
    });
  });
  const [first] = issues as [GlacierError, ...GlacierError[]];
  if (issues.length === 1) throw first;
  throw new GlacierError("BUNDLE_FAILED", {
    message: `${first.message} (and ${issues.length - 1} more)`,
    hint: first.hint,
    context: first.context,
    issues,
  });
}

function importersOf(path: string, { inputs }: Metafile): string[] {
  return Object.entries(inputs)
    .filter(([, input]) => input.imports.some((one) => one.path === path))
    .map(([importer]) => importer)
    .sort();
}
