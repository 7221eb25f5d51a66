import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { contractVersion, createRegistry, GlacierError, isGlacierError, type Provider } from "@glacier/core";
import { findRoot, readPackageJson } from "./files.ts";

/** A provider of the project, where it was found and what became of it. */
export interface FoundProvider {
  /** The package that brings it, where that is known. */
  readonly package?: string;
  readonly version?: string;
  /** The package's folder, absolute. */
  readonly path?: string;
  /** What names it: a field of the project's package.json (`devDependencies`), or the config file's path. */
  readonly foundIn: string;
  /** How a module of the project imports it; absent where it doesn't load. */
  readonly import?: { readonly specifier: string; readonly name: string };
  readonly provider?: Provider;
  /** Why it can't be used. */
  readonly error?: GlacierError;
}

/** Where a provider comes from, for messages: `"glacier-redis" 1.2.0 in devDependencies`. */
export function placeOf({ package: name, version, foundIn }: FoundProvider): string {
  return [
    ...(name === undefined ? [] : [`"${name}"`]),
    ...(version === undefined ? [] : [version]),
    `in ${basename(foundIn)}`,
  ].join(" ");
}

/**
 * What becomes of a value that should be a provider: it, or why this core can't use it (`PROVIDER_INVALID`). `called` says
 * what the value is, `owner` who can correct it.
 */
export function checked(
  value: unknown,
  called: string,
  owner: { readonly package?: string; readonly version?: string },
): { readonly provider: Provider } | { readonly error: GlacierError } {
  try {
    createRegistry([value as Provider]);
    return { provider: value as Provider };
  } catch (error) {
    if (!isGlacierError(error)) throw error;
    const outdated = isWellFormed(value);
    return {
      error: new GlacierError("PROVIDER_INVALID", {
        message: `${called} can't be used${outdated ? ` with @glacier/core ${coreVersion()}` : ""}: ${error.message}`,
        hint: outdated ? upgradeHint((value as Partial<Provider>).contract, owner) : error.hint,
        context: error.context,
      }),
    };
  }
}

/** Whether nothing but its contract is wrong. */
function isWellFormed(value: unknown): boolean {
  try {
    createRegistry([{ ...(value as Provider), contract: contractVersion }]);
    return true;
  } catch {
    return false;
  }
}

function upgradeHint(contract: unknown, { package: name, version }: { package?: string; version?: string }): string {
  if (typeof contract === "number" && contract > contractVersion)
    return `Upgrade @glacier/core, which is ${coreVersion()} here: npm install @glacier/core@latest.`;
  const what =
    name === undefined
      ? "Upgrade what brings it"
      : `Upgrade ${name}${version === undefined ? "" : `, which is ${version} here`}: npm install ${name}@latest`;
  return `${what}; its author declares \`contract: ${contractVersion}\` once it fits.`;
}

/** The package that a module stands in, by its URL. */
export function packageOf(module: string | undefined): Pick<FoundProvider, "package" | "version" | "path"> {
  if (module?.startsWith("file:") !== true) return {};
  const path = findRoot(dirname(fileURLToPath(module)));
  const { name, version } = readPackageJson(path) ?? {};
  return { ...(name !== undefined && { package: name }), ...(version !== undefined && { version }), path };
}

/** Of the copy of core that this command works with. */
function coreVersion(): string {
  return packageOf(import.meta.resolve("@glacier/core")).version ?? "";
}
