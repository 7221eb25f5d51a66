// Packs the public packages of this checkout as `pnpm publish` would.
import { execFile } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** The fields of a package.json that our scripts look at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface PublicPackage {
  /** Its folder's absolute path. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface PackedPackage {
  /** The package.json that is in the tarball: `workspace:` and `catalog:` are resolved, `publishConfig` is applied. */
  readonly manifest: Manifest;
  /** The tarball's absolute path. */
  readonly tarball: string;
}

/** The checkout's folder. */
export const root: string = join(import.meta.dirname, "..");

/** Every package of a checkout that is not private, by folder's name. */
export function publicPackages(checkout: string = root): readonly PublicPackage[] {
  return readdirSync(join(checkout, "packages"))
    .sort()
    .map((name) => join(checkout, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
    }))
    .filter(({ manifest }) => manifest.private !== true);
}

/**
 * Packs a package, as it is built, into a folder.
 *
 * @throws Error when its dist is missing or older than its sources.
 */
export async function pack({ folder, manifest }: PublicPackage, target: string): Promise<PackedPackage> {
  const stale = whyStale(folder);
  if (stale !== undefined) throw new Error(`${manifest.name}: ${stale}: run pnpm build --force`);
  const tarball = join(target, `${manifest.name.replace("@", "").replace("/", "-")}.tgz`);
  await run("pnpm", ["pack", "--out", tarball], folder);
  const packed = await run("tar", ["-xzOf", tarball, "package/package.json"], folder);
  return { manifest: JSON.parse(packed) as Manifest, tarball };
}

/** What is wrong with the package's dist; undefined when it is newer than all it is built from. */
function whyStale(folder: string): string | undefined {
  const changed = (paths: readonly string[]): number =>
    Math.max(0, ...paths.map((path) => statSync(join(folder, path)).mtimeMs));
  const built = globSync("dist/*.mjs", { cwd: folder });
  if (existsSync(join(folder, "tsdown.config.ts")) && built.length === 0) return "it is not built";
  const sources = globSync("src/**/*.ts", { cwd: folder }).filter((path) => !/\.test(-d)?\.ts$/.test(path));
  return built.length > 0 && changed(sources) > changed(built) ? "its dist is older than its src" : undefined;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return (await promisify(execFile)(command, args, { cwd })).stdout;
}
