import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describeThrown, GlacierError, isGlacierError, type Provider } from "@glacier/core";
import { dependencyFields, foldersAbove, type PackageJson, readPackageJson } from "./files.ts";
import { checked, type FoundProvider } from "./found.ts";
import { importFrom } from "./import-from.ts";

/** A package of the project that says it is a provider, and what became of it. */
export interface DiscoveredProvider extends FoundProvider {
  readonly package: string;
  readonly path: string;
}

/**
 * The providers among a project's dependencies: each package whose package.json has `"glacier": { "provider": "<export>" }`.
 * `<export>` names an export of the package's main entry (`"s3"`) or of a subpath (`"./provider"`: its default export or
 * `provider`; `"./provider#s3"`). One that can't be used is an entry with an `error`, not a failure. Sorted by package.
 */
export async function discoverProviders(root: string): Promise<DiscoveredProvider[]> {
  const project = ownPackageJson(root);
  const fields = new Map<string, string>();
  for (const field of dependencyFields) {
    for (const name of Object.keys(project[field] ?? {})) if (!fields.has(name)) fields.set(name, field);
  }
  const found = [...fields].sort().flatMap(([name, foundIn]) => {
    const path = findPackage(root, name);
    if (path === undefined) return [];
    const json = readPackageJson(path);
    return claimsToProvide(json) ? [{ name, foundIn, path, json }] : [];
  });
  return Promise.all(
    found.map(async ({ name, foundIn, path, json }) => ({
      package: name,
      ...(json?.version !== undefined && { version: json.version }),
      path: realpathSync(path),
      foundIn,
      ...(await load(root, name, json)),
    })),
  );
}

function ownPackageJson(root: string): PackageJson {
  const json = readPackageJson(root);
  const file = join(root, "package.json");
  if (json !== undefined || !existsSync(file)) return json ?? {};
  throw new GlacierError("MODULE_INVALID", {
    message: "the project's package.json is not JSON of an object",
    hint: "Correct it: npm pkg get says where it is wrong.",
    context: { file },
  });
}

/** Also where it says so in a wrong way, or what it says can't be read. A project that names its pipeline only brings nothing. */
function claimsToProvide(json: PackageJson | undefined): boolean {
  if (json === undefined) return true;
  const { glacier } = json;
  return glacier !== undefined && (glacier?.provider !== undefined || glacier?.pipeline === undefined);
}

async function load(
  root: string,
  name: string,
  json: PackageJson | undefined,
): Promise<Pick<FoundProvider, "provider" | "import" | "error">> {
  if (json === undefined) return { error: invalid(name, "its package.json is not JSON of an object") };
  const { glacier, version } = json;
  const spec = glacier?.provider;
  if (typeof spec !== "string" || spec === "") return { error: misdeclared(name) };
  const [subpath, wanted] = spec.startsWith(".") ? (spec.split("#") as [string, string | undefined]) : [".", spec];
  const specifier = name + subpath.slice(1);
  try {
    const { exports, url } = await importFrom(root, specifier);
    const exported = wanted ?? (exports["default"] === undefined ? "provider" : "default");
    const value = exports[exported];
    if (value === undefined) return { error: invalid(name, `its export ${JSON.stringify(spec)} is not there`) };
    const result = checked(value, `provider package "${name}"${version === undefined ? "" : ` ${version}`}`, {
      package: name,
      ...(version !== undefined && { version }),
    });
    if ("error" in result) return result;
    return { provider: withModule(result.provider, url), import: { specifier, name: exported } };
  } catch (error) {
    return { error: isGlacierError(error) ? error : invalid(name, describeThrown(error).split("\n")[0] ?? "", error) };
  }
}

/** Where its package exports it, for a provider that doesn't say where it is. */
function withModule(provider: Provider, module: string): Provider {
  return provider.module === undefined ? { ...provider, module } : provider;
}

function findPackage(root: string, name: string): string | undefined {
  return foldersAbove(root)
    .map((folder) => join(folder, "node_modules", name))
    .find((folder) => existsSync(join(folder, "package.json")));
}

function misdeclared(name: string): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider package "${name}" can't be used: its package.json has no export's name in glacier.provider`,
    hint: `Its author writes "glacier": { "provider": "<name of the export>" }; without such a field it is no provider.`,
  });
}

function invalid(name: string, what: string, cause?: unknown): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider package "${name}" can't be used: ${what}`,
    hint: `Reinstall or update ${name}; if you don't need it, remove it, or list the providers you want in glacier.config.ts.`,
    cause,
  });
}
