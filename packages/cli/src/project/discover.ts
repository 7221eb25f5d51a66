import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describeThrown, GlacierError, isGlacierError, type Provider } from "@glacier/core";
import { foldersAbove, type PackageJson, readPackageJson } from "./files.ts";
import { importFrom } from "./import-from.ts";

/** A package of the project that says it is a provider, and what became of it. */
export interface DiscoveredProvider {
  /** The package's name. */
  readonly package: string;
  readonly version: string | undefined;
  /** Where it lies, absolute. */
  readonly path: string;
  readonly provider?: Provider;
  /** Why it doesn't load. */
  readonly error?: GlacierError;
}

/**
 * The providers among a project's dependencies: each package whose package.json has `"glacier": { "provider": "<export>" }`.
 * `<export>` names an export of the package's main entry (`"s3"`) or of a subpath (`"./provider"`: its default export or
 * `provider`; `"./provider#s3"`). One that doesn't load is an entry with an `error`, not a failure. Sorted by name.
 */
export async function discoverProviders(root: string): Promise<DiscoveredProvider[]> {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = readPackageJson(root) ?? {};
  const names = Object.keys({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
    ...peerDependencies,
  }).sort();
  const found = names.flatMap((name) => {
    const path = findPackage(root, name);
    const json = path === undefined ? undefined : readPackageJson(path);
    return path === undefined || json?.glacier?.provider === undefined ? [] : [{ name, path, json }];
  });
  return Promise.all(
    found.map(async ({ name, path, json }) => ({
      package: name,
      version: json.version,
      path: realpathSync(path),
      ...(await load(root, name, json)),
    })),
  );
}

async function load(
  root: string,
  name: string,
  { glacier }: PackageJson,
): Promise<{ provider: Provider } | { error: GlacierError }> {
  const spec = glacier?.provider;
  if (typeof spec !== "string" || spec === "") {
    return { error: invalid(name, `its package.json has no export's name in glacier.provider`) };
  }
  const [subpath, wanted] = spec.startsWith(".") ? (spec.split("#") as [string, string | undefined]) : [".", spec];
  try {
    const { exports, url } = await importFrom(root, name + subpath.slice(1));
    const value = wanted === undefined ? (exports["default"] ?? exports["provider"]) : exports[wanted];
    if (isProvider(value)) return { provider: { module: url, ...value } };
    return {
      error: invalid(
        name,
        `its export ${JSON.stringify(spec)} is ${value === undefined ? "not there" : "not a provider"}`,
      ),
    };
  } catch (error) {
    return { error: isGlacierError(error) ? error : invalid(name, describeThrown(error).split("\n")[0] ?? "", error) };
  }
}

/** As far as its looks tell. */
export function isProvider(value: unknown): value is Provider {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

function findPackage(root: string, name: string): string | undefined {
  return foldersAbove(root)
    .map((folder) => join(folder, "node_modules", name))
    .find((folder) => existsSync(join(folder, "package.json")));
}

function invalid(name: string, what: string, cause?: unknown): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider package "${name}" can't be used: ${what}`,
    hint: `Reinstall or update ${name}; if you don't need it, remove it, or list the providers you want in glacier.config.ts.`,
    cause,
  });
}
