import { type ErrorCode, GlacierError } from "../errors/index.ts";
import { builtinFormats } from "../format/builtin.ts";
import type { Format } from "../format/format.ts";
import type { Json } from "../json.ts";
import type { Executor } from "../run/executor.ts";
import type { StorageAdapter } from "../storage/adapter.ts";
import type { StorageResource } from "../storage/resource.ts";
import { contractVersion, type Provider } from "./provider.ts";
import type { Target } from "./target.ts";

/** Holds providers and answers "who handles kind X?". An instance: there is no global one. */
export interface Registry {
  readonly providers: readonly Provider[];
  /** The adapter of a resource; the same one each time for an equal resource. Errors: `PROVIDER_MISSING`. */
  storage(resource: StorageResource): StorageAdapter;
  /** Errors: `PROVIDER_MISSING`. */
  executor(name: string, options?: Record<string, unknown>): Executor;
  /** Errors: `PROVIDER_MISSING`. */
  target(name: string, options?: Record<string, unknown>): Target;
  /** The format that a plan or a manifest names. Errors: `PROVIDER_MISSING`. */
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

const sections = {
  storage: "storage",
  executor: "executors",
  target: "targets",
  format: "formats",
} as const satisfies Record<RegistryEntry["what"], keyof Provider>;

/**
 * A registry of these providers (the same provider twice counts once).
 * Errors: `PROVIDER_CONFLICT` when two of them claim one kind or name; `PROVIDER_INVALID` for one that was written for
 * another contract.
 */
export function createRegistry(providers: readonly Provider[]): Registry {
  const all = [...new Map([builtin, ...providers].map((provider) => [provider.name, provider])).values()];
  for (const provider of all) checkContract(provider);
  const index = buildIndex(all);
  const adapters = new Map<string, StorageAdapter>();

  function find<W extends RegistryEntry["what"]>(
    what: W,
    name: string,
  ): NonNullable<Provider[(typeof sections)[W]]>[string] {
    const owner = index.get(`${what} ${name}`);
    const found = owner?.[sections[what]]?.[name];
    if (found === undefined) throw missing(what, name, index);
    return found as NonNullable<Provider[(typeof sections)[W]]>[string];
  }

  return {
    providers: all,
    storage(resource) {
      const { key: _, ...root } = resource;
      const id = JSON.stringify(Object.entries(root).sort());
      let adapter = adapters.get(id);
      if (adapter === undefined) {
        adapter = find("storage", resource.kind)(root);
        adapters.set(id, adapter);
      }
      return adapter;
    },
    executor: (name, options) => find("executor", name)(options),
    target: (name, options) => find("target", name)(options),
    format: (name, options) => find("format", name)(options),
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

function checkContract({ name, contract }: Provider): void {
  if (contract === contractVersion) return;
  const declared: unknown = contract;
  const newer = typeof declared === "number" && declared > contractVersion;
  throw new GlacierError("PROVIDER_INVALID", {
    message: `provider "${name}" ${typeof declared === "number" ? `was written for contract ${declared}` : "declares no contract"}; this @glacier/core has contract ${contractVersion}`,
    hint: newer
      ? "Upgrade @glacier/core: npm install @glacier/core@latest."
      : `Upgrade the package that brings "${name}"; its author declares \`contract: ${contractVersion}\` once it fits.`,
    context: { provider: name },
  });
}

function buildIndex(providers: readonly Provider[]): Map<string, Provider> {
  const index = new Map<string, Provider>();
  for (const provider of providers) {
    for (const [what, section] of Object.entries(sections)) {
      for (const name of Object.keys(provider[section] ?? {})) {
        const id = `${what} ${name}`;
        const other = index.get(id);
        if (other !== undefined) {
          throw new GlacierError("PROVIDER_CONFLICT", {
            message: `providers "${other.name}" and "${provider.name}" both bring the ${what} "${name}"`,
            hint: "Keep one of them: list the providers you want in glacier.config.ts.",
            context: { kind: name },
          });
        }
        index.set(id, provider);
      }
    }
  }
  return index;
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
