import { createRegistry, GlacierError, isGlacierError, type Provider, type Registry } from "@glacier/core";
import { type FoundProvider, placeOf } from "./found.ts";

type Usable = FoundProvider & { readonly provider: Provider };

/** Two providers that can't be used side by side, and why. */
export interface Conflict {
  readonly between: readonly [FoundProvider, FoundProvider];
  /** `PROVIDER_CONFLICT`, with where both come from and the config that decides. */
  readonly error: GlacierError;
}

/** A registry of those that can be used. Errors: `PROVIDER_CONFLICT`, with all conflicts. */
export function registryOf(found: readonly FoundProvider[]): Registry {
  const conflicts = conflictsIn(found);
  const [first] = conflicts;
  if (first === undefined) return createRegistry(usable(found).map(({ provider }) => provider));
  if (conflicts.length === 1) throw first.error;
  throw new GlacierError("PROVIDER_CONFLICT", {
    message: `${conflicts.length} pairs of providers can't be used side by side:`,
    hint: first.error.hint,
    context: first.error.context,
    issues: conflicts.map(({ error }) => new GlacierError(error.code, { message: error.message, hint: "" })),
  });
}

/** Every two that conflict. All their errors have one hint: the config that decides all of it. */
export function conflictsIn(found: readonly FoundProvider[]): Conflict[] {
  const all = usable(found);
  return all.flatMap((second, index) =>
    all.slice(0, index).flatMap((first) => {
      const error = conflictOf([first, second]);
      return error === undefined
        ? []
        : [{ between: [first, second] as const, error: explained(error, first, second, all) }];
    }),
  );
}

function usable(found: readonly FoundProvider[]): Usable[] {
  return found.filter((one): one is Usable => one.provider !== undefined);
}

function conflictOf(found: readonly Usable[]): GlacierError | undefined {
  try {
    createRegistry(found.map(({ provider }) => provider));
    return undefined;
  } catch (error) {
    if (isGlacierError(error, "PROVIDER_CONFLICT")) return error;
    throw error;
  }
}

function explained(error: GlacierError, first: Usable, second: Usable, all: readonly Usable[]): GlacierError {
  const discovered = all.every((one) => one.import !== undefined);
  return new GlacierError("PROVIDER_CONFLICT", {
    message: `${error.message} (${placeOf(first)}; ${placeOf(second)})`,
    hint: discovered ? configHint(all) : "Remove one of them from `providers` in the config.",
    context: { ...error.context, ...(!discovered && { file: first.foundIn }) },
  });
}

/** A config, ready to paste, with as many of them as go together, the first of each conflict; and what was left out. */
function configHint(all: readonly Usable[]): string {
  const kept: Usable[] = [];
  for (const one of all) if (conflictOf([...kept, one]) === undefined) kept.push(one);
  const out = all.filter((one) => !kept.includes(one));
  const imports = importsOf([...kept, ...out]);
  const lines = (some: readonly Usable[]) => some.map((one) => imports.get(one)?.line ?? "");
  const names = kept.map((one) => imports.get(one)?.name ?? "");
  return [
    "Decide in glacier.config.ts, which then lists all providers that are used:",
    "",
    'import type { GlacierConfig } from "@glacier/core";',
    ...lines(kept),
    "",
    `export default { providers: [${names.join(", ")}] } satisfies GlacierConfig;`,
    "",
    "Or in the other's place:",
    ...lines(out),
  ].join("\n");
}

/** An import of each under a name that no other has: the export's where it is free, else one made of the provider's. */
function importsOf(all: readonly Usable[]): Map<Usable, { readonly name: string; readonly line: string }> {
  const exported = all.map((one) => one.import?.name);
  const taken = new Set<string>();
  return new Map(
    all.map((one) => {
      const { specifier, name: exportName } = one.import as NonNullable<Usable["import"]>;
      const own = exportName !== "default" && exported.filter((other) => other === exportName).length === 1;
      let name = own ? exportName : camelCase(one.provider.name);
      while (taken.has(name)) name = `${name}2`;
      taken.add(name);
      const clause = exportName === "default" ? name : `{ ${own ? name : `${exportName} as ${name}`} }`;
      return [one, { name, line: `import ${clause} from ${JSON.stringify(specifier)};` }];
    }),
  );
}

function camelCase(name: string): string {
  return name.replace(/[-_]+(.?)/g, (_, letter: string) => letter.toUpperCase());
}
