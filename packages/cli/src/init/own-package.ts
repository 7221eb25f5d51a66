import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GlacierError } from "@glacier/core";

/** This package's folder, whether this runs from src/init or from dist. */
export const ownFolder: URL = findFolder();

const own: {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync(new URL("package.json", ownFolder), "utf8"));

/**
 * The versions of a package of Glacier's that go with this one, which is not at the same version: those that this one was tested
 * with, which packing puts in the place of `workspace:^` in its package.json.
 */
export function rangeOf(name: string): string {
  const range = name === own.name ? `^${own.version}` : own.devDependencies[name];
  if (range !== undefined) return range;
  throw broken(`package.json of ${own.name} doesn't name ${name}`);
}

/** The versions of core that a provider takes: those that the providers of Glacier's own take. */
export function corePeerRange(): string {
  return own.peerDependencies["@glacier/core"] ?? rangeOf("@glacier/core");
}

function findFolder(): URL {
  for (const up of ["../", "../../"]) {
    const folder = new URL(up, import.meta.url);
    if (existsSync(new URL("templates", folder))) return folder;
  }
  throw broken(`there are no templates above ${fileURLToPath(new URL(".", import.meta.url))}`);
}

function broken(message: string): GlacierError {
  return new GlacierError("INTERNAL", { message, hint: "Reinstall @glacier/cli." });
}
