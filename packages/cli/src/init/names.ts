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

/** The storage kind that a provider package brings: `sftp` for `@acme/glacier-sftp`, `myStore` for `glacier-my-store`. */
export function kindOf(packageName: string): string {
  const words = packageName
    .replace(/^@[^/]*\//, "")
    .replace(/^glacier(?:[._~-]|$)|[._~-]glacier$/g, "")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  return words.map((word, i) => (i === 0 ? word : capital(word))).join("");
}

/** Kinds and providers that are there, or will be: two providers must not bring the same. */
const taken: readonly string[] = [
  ...["core", "local", "formats", "aws", "gcp", "azure", "k8s"],
  ...["localFs", "memory", "s3", "gcs", "azureBlob"],
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
