import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

/** What {@link importFrom} is loading now. A module may never come back: whoever ends the process then tells which. */
export const importing: Set<string> = new Set();

/**
 * Imports a package as a module in `folder` would: Node's own resolution, with the conditions of this process.
 * (`createRequire` resolves with the `require` condition, which packages that are only ES modules don't have.)
 */
export async function importFrom(
  folder: string,
  specifier: string,
): Promise<{ readonly url: string; readonly exports: Readonly<Record<string, unknown>> }> {
  const parentURL = pathToFileURL(`${folder}/package.json`).href;
  const alias = `glacier-from:${parentURL}#${specifier}`;
  let url = "";
  const hooks = registerHooks({
    resolve(wanted, context, nextResolve) {
      if (wanted !== alias) return nextResolve(wanted, context);
      const resolved = nextResolve(specifier, { ...context, parentURL });
      url = resolved.url;
      return resolved;
    },
  });
  importing.add(specifier);
  try {
    return { exports: await import(alias), url };
  } finally {
    importing.delete(specifier);
    hooks.deregister();
  }
}
