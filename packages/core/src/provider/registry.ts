import { describeThrown, type ErrorCode, GlacierError, isGlacierError } from "../errors/index.ts";
import { builtinFormats } from "../format/builtin.ts";
import type { Format } from "../format/format.ts";
import type { Json } from "../json.ts";
import type { Executor } from "../run/executor.ts";
import type { StorageAdapter } from "../storage/adapter.ts";
import type { StorageResource } from "../storage/resource.ts";
import { checkProvider, type sections } from "./check.ts";
import { distinct } from "./distinct.ts";
import { contractVersion, type Provider } from "./provider.ts";
import type { Target } from "./target.ts";

/** Holds providers and answers "who handles kind X?". An instance: there is no global one. */
export interface Registry {
  /** Those it was made of, each once; core's own formats are no provider of them. */
  readonly providers: readonly Provider[];
  /** The adapter of a resource; the same one each time for an equal resource. Errors: `PROVIDER_MISSING`, `PROVIDER_INVALID`; a `GlacierError` of the factory. */
  storage(resource: StorageResource): StorageAdapter;
  /** Errors: `PROVIDER_MISSING`, `PROVIDER_INVALID`; a `GlacierError` of the factory. */
  executor(name: string, options?: Record<string, unknown>): Executor;
  /** Errors: `PROVIDER_MISSING`, `PROVIDER_INVALID`; a `GlacierError` of the factory. */
  target(name: string, options?: Record<string, unknown>): Target;
  /** The format that a plan or a manifest names. Errors: `PROVIDER_MISSING`, `PROVIDER_INVALID`; a `GlacierError` of the factory. */
  format(name: string, options?: { readonly [key: string]: Json }): Format;
  /** What is there: kinds and names, sorted, with the provider that brings each. */
  list(): RegistryEntry[];
  /** Releases every adapter that was opened. */
  close(): Promise<void>;
}

/** One line of {@link Registry.list}. */
export interface RegistryEntry {
  readonly what: "storage" | "executor" | "target" | "format";
  readonly name: string;
  readonly provider: string;
}

/** Packages that bring a kind, for the error about a missing one. */
const knownPackages: Readonly<Record<string, string>> = {
  "storage localFs": "@glacier/local",
  "storage memory": "@glacier/local",
  "storage s3": "@glacier/aws",
  "storage gcs": "@glacier/gcp",
  "storage azureBlob": "@glacier/azure",
  "executor local": "@glacier/local",
  "executor aws": "@glacier/aws",
  "executor gcp": "@glacier/gcp",
  "executor azure": "@glacier/azure",
  "executor kubernetes": "@glacier/k8s",
  "target aws": "@glacier/aws",
  "target gcp": "@glacier/gcp",
  "target azure": "@glacier/azure",
  "target kubernetes": "@glacier/k8s",
  "format csv": "@glacier/formats",
  "format parquet": "@glacier/formats",
  "format arrow": "@glacier/formats",
};

const sectionOf = {
  storage: "storage",
  executor: "executors",
  target: "targets",
  format: "formats",
} as const satisfies Record<RegistryEntry["what"], (typeof sections)[number]>;

/** What each factory's product can't do without. */
const products = {
  storage: "read",
  executor: "execute",
  target: "compile",
  format: "name",
} as const satisfies Record<RegistryEntry["what"], string>;

/**
 * A registry of these providers. The same provider twice counts once, also from two copies of its package: the first.
 * Errors: `PROVIDER_CONFLICT` when two different ones have one name or bring one kind; `PROVIDER_INVALID` for one that is
 * not well-formed or was written for another contract.
 */
export function createRegistry(providers: readonly Provider[]): Registry {
  for (const provider of providers) checkProvider(provider);
  const all = distinct([builtin, ...providers]);
  const index = buildIndex(all);
  const adapters = new Map<string, StorageAdapter>();

  function make<W extends RegistryEntry["what"]>(what: W, name: string, options: unknown): Product<W> {
    const owner = index.get(`${what} ${name}`);
    const factory = owner?.[sectionOf[what]]?.[name] as ((options: unknown) => Product<W>) | undefined;
    if (owner === undefined || factory === undefined) throw missing(what, name, index);
    let product: unknown;
    try {
      product = factory(options);
    } catch (error) {
      throw isGlacierError(error) ? error : factoryFailed(owner, what, name, error);
    }
    if (typeof product === "object" && product !== null && products[what] in product) return product as Product<W>;
    throw notMade(owner, what, name);
  }

  return {
    providers: all.filter((provider) => provider !== builtin),
    storage(resource) {
      const { key: _, ...root } = resource;
      const id = JSON.stringify(Object.entries(root).sort());
      let adapter = adapters.get(id);
      if (adapter === undefined) {
        adapter = make("storage", resource.kind, root);
        adapters.set(id, adapter);
      }
      return adapter;
    },
    executor: (name, options) => make("executor", name, options),
    target: (name, options) => make("target", name, options),
    format: (name, options) => make("format", name, options),
    list() {
      const entries: RegistryEntry[] = [];
      for (const [id, provider] of index) {
        const [what, name] = id.split(" ") as [RegistryEntry["what"], string];
        entries.push({ what, name, provider: provider.name });
      }
      return entries.sort((a, b) => (`${a.what} ${a.name}` < `${b.what} ${b.name}` ? -1 : 1));
    },
    async close() {
      const open = [...adapters.values()];
      adapters.clear();
      await Promise.all(open.map((adapter) => adapter.close?.()));
    },
  };
}

const builtin: Provider = { name: "core", contract: contractVersion, formats: builtinFormats };

type Product<W extends RegistryEntry["what"]> = ReturnType<NonNullable<Provider[(typeof sectionOf)[W]]>[string]>;

function buildIndex(providers: readonly Provider[]): Map<string, Provider> {
  const index = new Map<string, Provider>();
  for (const provider of providers) {
    for (const id of idsOf(provider)) {
      const other = index.get(id);
      if (other !== undefined) throw conflict(other, provider);
      index.set(id, provider);
    }
  }
  return index;
}

function idsOf(provider: Provider): string[] {
  return Object.entries(sectionOf).flatMap(([what, section]) =>
    Object.keys(provider[section] ?? {}).map((name) => `${what} ${name}`),
  );
}

function conflict(first: Provider, second: Provider): GlacierError {
  const ids = new Set(idsOf(first));
  const both = idsOf(second).filter((id) => ids.has(id));
  const names = both.map((id) => id.replace(/ (.*)/, ' "$1"')).join(", ");
  return new GlacierError("PROVIDER_CONFLICT", {
    message: `providers "${first.name}" and "${second.name}" both bring ${names}`,
    hint:
      first === builtin
        ? `These names are taken: core brings them itself. Keep "${second.name}" out.`
        : "Keep one of them: list the providers you want in glacier.config.ts, or pass only these to createRegistry.",
    context: { provider: first.name, other: second.name },
  });
}

function factoryFailed({ name: provider }: Provider, what: string, name: string, cause: unknown): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider "${provider}" failed to make ${what} "${name}": ${describeThrown(cause)}`,
    hint: "Look at the options that it was given; if they are right, report it to the provider's author.",
    context: { provider, kind: name },
    cause,
  });
}

function notMade({ name: provider }: Provider, what: RegistryEntry["what"], name: string): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider "${provider}" made no ${what} of "${name}": what its factory returned has no \`${products[what]}\``,
    hint: "This is a defect of the provider: report it to its author.",
    context: { provider, kind: name },
  });
}

function missing(what: RegistryEntry["what"], name: string, index: ReadonlyMap<string, Provider>): GlacierError {
  const known = [...index.keys()].filter((id) => id.startsWith(`${what} `)).map((id) => id.slice(what.length + 1));
  const from = knownPackages[`${what} ${name}`];
  const code: ErrorCode = "PROVIDER_MISSING";
  return new GlacierError(code, {
    message: `no provider brings the ${what} "${name}"; known: ${known.sort().join(", ") || "none"}`,
    hint:
      from === undefined
        ? `Install the package that brings ${name} and list it in glacier.config.ts.`
        : `Install it: npm install ${from}. Then it is found by itself, or list it in glacier.config.ts.`,
    context: { kind: name },
  });
}
