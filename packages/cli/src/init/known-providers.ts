import { closest, usage } from "../command/parse.ts";

/** A provider that `--provider` and the question know by a short name. */
export interface KnownProvider {
  readonly package: string;
  /** What the question says beside its name. */
  readonly about: string;
  /** The folder of templates/ whose files replace those of a pipeline. */
  readonly template?: string;
  /** The short name of the provider whose storage the template names. */
  readonly storage?: string;
}

/**
 * Glacier's own providers, besides @glacier/local, which every pipeline starts with. Each is a devDependency of this package, too:
 * that decides its versions.
 */
export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  aws: { package: "@glacier/aws", about: "S3, Lambda, Fargate, Step Functions", template: "with-aws" },
  formats: { package: "@glacier/formats", about: "csv, parquet and Arrow", template: "with-formats" },
  k8s: {
    package: "@glacier/k8s",
    about: "Kubernetes: Jobs, manifests, Argo Workflows",
    template: "with-k8s",
    storage: "aws",
  },
};

/** A provider that a new pipeline starts with. */
export interface ChosenProvider {
  readonly package: string;
  /** The versions that were asked for. */
  readonly range?: string;
  readonly template?: string;
  readonly storage?: string;
}

/**
 * What `--provider` names: a short name, or an npm package as `npm install` takes it. A plain word that isn't known is a typo
 * (`format`), or the client library of a service (`redis`), rather than a provider: it is refused. Errors: `USAGE`.
 */
export function chooseProvider(text: string): ChosenProvider {
  const known = Object.hasOwn(knownProviders, text) ? knownProviders[text] : undefined;
  if (known !== undefined) return known;
  const [, name = "", range] = /^(.[^@]*)(?:@(.*))?$/.exec(text) ?? [];
  const ours = Object.values(knownProviders).find((one) => one.package === name);
  if (ours !== undefined && range === undefined) return ours;
  const plausible = name.startsWith("@glacier/")
    ? ours !== undefined
    : name.startsWith("@") || name.includes("glacier");
  if (!plausible || !isPackageName(name) || !isRange(range)) {
    const near = closest(text, Object.keys(knownProviders));
    throw usage(
      `--provider ${text}: no provider is called that`,
      `${near === undefined ? "" : `Did you mean ${near}? `}Known: ${Object.keys(knownProviders).join(", ")}. Others go by their npm package's name: @acme/glacier-redis, glacier-redis, glacier-redis@2. Any other package: install it in the new project; Glacier finds it there.`,
    );
  }
  return { ...ours, package: name, ...(range !== undefined && { range }) };
}

/** With the providers whose storage they name, which bring nothing else. */
export function withStorage(providers: readonly ChosenProvider[]): readonly ChosenProvider[] {
  const needed = providers.flatMap(({ storage }) =>
    storage === undefined ? [] : (knownProviders[storage]?.package ?? []),
  );
  const missing = [...new Set(needed)].filter((name) => !providers.some((one) => one.package === name));
  return [...providers, ...missing.map((name) => ({ package: name }))];
}

/** By npm's rules for new packages: https://github.com/npm/validate-npm-package-name#naming-rules */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name);
}

/** A version, a range of them without spaces, or a tag. */
function isRange(range: string | undefined): boolean {
  return range === undefined || /^[\w.^~<>=*+-]+$/.test(range);
}
