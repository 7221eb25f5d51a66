import { GlacierError } from "../errors/index.ts";
import { sections } from "./check.ts";
import type { Provider } from "./provider.ts";

/**
 * Each provider once. An executor brings its own, and the project the same one again: from another copy or version of the
 * package too. The first counts. Errors: `PROVIDER_CONFLICT` for two different providers of one name.
 */
export function distinct(providers: readonly Provider[]): Provider[] {
  const byName = new Map<string, Provider>();
  for (const provider of providers) {
    const known = byName.get(provider.name);
    if (known === undefined) byName.set(provider.name, provider);
    else if (!isSame(known, provider)) throw sameName(known, provider);
    // Other threads and processes find it by its module.
    else if (known.module === undefined) byName.set(provider.name, provider);
  }
  return [...byName.values()];
}

function isSame(a: Provider, b: Provider): boolean {
  if (a === b) return true;
  if (a.module !== undefined && b.module !== undefined && packageOf(a.module) === packageOf(b.module)) return true;
  return sections.every((section) => sameEntries(a[section] ?? {}, b[section] ?? {}));
}

function sameEntries(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** The package that a module was installed with, else the module itself. */
function packageOf(module: string): string {
  const path = module.replace(/[?#].*$/, "");
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? path;
}

function sameName(a: Provider, b: Provider): GlacierError {
  const modules = [a.module, b.module].filter((module) => module !== undefined);
  return new GlacierError("PROVIDER_CONFLICT", {
    message: `two different providers are called "${a.name}"${modules.length === 2 ? `: ${modules.join(" and ")}` : ""}`,
    hint: "Keep one of them: list the providers you want in glacier.config.ts, or pass only these to createRegistry.",
    context: { provider: a.name },
  });
}
