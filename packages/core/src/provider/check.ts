import { GlacierError } from "../errors/index.ts";
import { contractVersion, type Provider } from "./provider.ts";

/** The fields of a provider that hold factories by name. */
export const sections: readonly ["storage", "executors", "targets", "formats"] = [
  "storage",
  "executors",
  "targets",
  "formats",
];

/** Whether a value is a provider that this core can use. Errors: `PROVIDER_INVALID`, naming each wrong field. */
export function checkProvider(value: unknown): asserts value is Provider {
  if (typeof value !== "object" || value === null) {
    throw invalid(`a provider must be an object, not ${value === null ? "null" : typeof value}`, fix);
  }
  const provider = value as Readonly<Record<string, unknown>>;
  const { name } = provider;
  const called = typeof name === "string" ? `provider ${JSON.stringify(name)}` : "a provider without name";
  const mistakes = mistakesIn(provider);
  if (mistakes.length > 0) throw invalid(`${called} is not well-formed: ${mistakes.join("; ")}`, fix, name);
  checkContract(called, provider["contract"], String(name));
}

const fix = "Its author corrects it: an object literal with `: Provider` lets the compiler find the same.";

const legalName = /^[a-z][a-z0-9_-]{0,62}$/;
const legalKind = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

function mistakesIn(provider: Readonly<Record<string, unknown>>): string[] {
  const { name, contract, module } = provider;
  const mistakes: string[] = [];
  if (typeof name !== "string" || !legalName.test(name))
    mistakes.push('`name` must be 1 to 63 of a-z, 0-9, "_" and "-", with a letter first');
  if (contract !== undefined && !Number.isInteger(contract)) mistakes.push("`contract` must be a whole number");
  if (module !== undefined && !(typeof module === "string" && URL.canParse(module)))
    mistakes.push("`module` must be a URL: import.meta.url");
  return [...mistakes, ...sections.flatMap((section) => mistakesInSection(section, provider[section]))];
}

function mistakesInSection(section: string, factories: unknown): string[] {
  if (factories === undefined) return [];
  if (typeof factories !== "object" || factories === null || Array.isArray(factories))
    return [`\`${section}\` must be an object of functions`];
  return Object.entries(factories).flatMap(([name, factory]) => {
    if (!legalKind.test(name)) return [`\`${section}\` has the name ${JSON.stringify(name)}, which is not legal`];
    return typeof factory === "function" ? [] : [`\`${section}.${name}\` must be a function`];
  });
}

function checkContract(called: string, contract: unknown, name: string): void {
  if (contract === contractVersion) return;
  const declared = typeof contract === "number" ? `was written for contract ${contract}` : "declares no contract";
  throw invalid(
    `${called} ${declared}; this @glacier/core has contract ${contractVersion}`,
    typeof contract === "number" && contract > contractVersion
      ? "Upgrade @glacier/core: npm install @glacier/core@latest."
      : `Upgrade the package that brings "${name}"; its author declares \`contract: ${contractVersion}\` once it fits.`,
    name,
  );
}

function invalid(message: string, hint: string, name?: unknown): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message,
    hint,
    ...(typeof name === "string" && { context: { provider: name } }),
  });
}
