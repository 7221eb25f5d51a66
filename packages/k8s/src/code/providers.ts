import { GlacierError, type Plan, type Provider } from "@glacier/core";

/** Not a literal: a bundle of a pipeline whose file imports a target or an executor must not hold the bundler. */
const bundlerName: string = ["@glacier", "bundler"].join("/");

export async function loadBundler(): Promise<typeof import("@glacier/bundler")> {
  return (await import(bundlerName)) as typeof import("@glacier/bundler");
}

/** Under which name a bundle has a provider's module. */
export function importOf(provider: string): string {
  return `glacier:provider/${provider}`;
}

/**
 * Modules, by name, of the providers whose storage the plan has. Formats come with the datasets of the pipeline's own module.
 * Errors: `PROVIDER_INVALID`.
 */
export function neededProviders(plan: Plan, providers: readonly Provider[]): Record<string, string> {
  const kinds = new Set([plan.state, ...plan.datasets.map(({ storage }) => storage)].map(({ kind }) => kind));
  const needed: Record<string, string> = {};
  for (const kind of [...kinds].sort()) {
    const provider = providers.find(({ storage }) => storage?.[kind] !== undefined);
    if (provider === undefined) continue;
    if (provider.module === undefined) throw withoutPlace(provider.name, kind);
    needed[provider.name] = provider.module;
  }
  return needed;
}

function withoutPlace(provider: string, kind: string): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider "${provider}", which brings ${kind} storage, doesn't say where its code is, which the cluster must run`,
    hint: "Its author gives it `module: import.meta.url`.",
    context: { kind },
  });
}
