import { basename, resolve } from "node:path";
import { isPackageName } from "./known-providers.ts";

/** What `init` can begin. */
export type TemplateName = "pipeline" | "provider";

/** How a template's thing is called: a pipeline by its own name, a provider by its package's. */
export interface Naming {
  /** A legal name from whatever a folder is called. */
  from(folder: string): string;
  /** What is wrong with a name, if anything. */
  mistake(name: string): string | undefined;
}

export const naming: Readonly<Record<TemplateName, Naming>> = {
  pipeline: {
    from: (folder) => plain(folder).slice(0, 63) || "pipeline",
    mistake: (name) =>
      /^[a-z][a-z0-9_-]{0,62}$/.test(name) ? undefined : 'use 1 to 63 of a-z, 0-9, "_" and "-", with a letter first',
  },
  provider: {
    from(folder) {
      const name = plain(folder) || "provider";
      return name.includes("glacier") ? name : `glacier-${name}`;
    },
    mistake(name) {
      if (!isPackageName(name)) return "that is no name for an npm package";
      const kind = kindOf(name);
      if (!/^[a-z][a-zA-Z0-9]*$/.test(kind))
        return "the storage's kind follows from it, and has to start with a letter";
      return taken.includes(kind) ? `"${kind}" is a name of Glacier's own` : undefined;
    },
  },
};

/**
 * What a provider package brings, by its name: `sftp` for `@acme/glacier-sftp`, `mystore` for `glacier-my-store`. It is the
 * provider's name, the storage's kind and the scheme of its uris.
 */
export function kindOf(packageName: string): string {
  return packageName
    .replace(/^@[^/]*\//, "")
    .replace(/^glacier(?:[._~-]|$)|[._~-]glacier$/g, "")
    .replace(/[^a-z0-9]+/g, "");
}

/** Providers and kinds that are there, or will be, in lower case: two providers must not bring the same. */
const taken: readonly string[] = [
  ...["core", "local", "formats", "aws", "gcp", "azure", "k8s"],
  ...["localfs", "memory", "s3", "gcs", "azureblob"],
];

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function plain(folder: string): string {
  return basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
}
