import { existsSync, readFileSync } from "node:fs";
import { dirname, join, parse } from "node:path";

/** The fields of a package.json that name dependencies. */
export const dependencyFields: readonly [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
] = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/** What the command line reads of a package.json. */
export interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly glacier?: { readonly provider?: unknown; readonly pipeline?: unknown } | null;
}

/** The folder of the nearest package.json at or above `folder`, else `folder` itself. */
export function findRoot(folder: string): string {
  return foldersAbove(folder).find((one) => existsSync(join(one, "package.json"))) ?? folder;
}

/** `folder` and all folders above it, nearest first. */
export function foldersAbove(folder: string): string[] {
  const folders = [folder];
  const { root } = parse(folder);
  for (let one = folder; one !== root; one = dirname(one)) folders.push(dirname(one));
  return folders;
}

/** A folder's package.json, or undefined where there is none that can be read. */
export function readPackageJson(folder: string): PackageJson | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
