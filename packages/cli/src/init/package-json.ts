import type { ChosenProvider } from "./known-providers.ts";
import { corePeerRange, rangeOf } from "./own-package.ts";

const node = ">=22.18";
const typescript = { "@types/node": "^24.0.0", typescript: "^7.0.0" };

/** A pipeline's package.json. */
export function pipelinePackage(name: string, providers: readonly ChosenProvider[]): string {
  const ours = ["@glacier/core", "@glacier/local"].map((one) => [one, rangeOf(one)] as const);
  const chosen = providers.map((one) => [one.package, one.range ?? rangeOfProvider(one)] as const);
  return print({
    name: name.replaceAll("_", "-"),
    private: true,
    type: "module",
    engines: { node },
    scripts: { start: "glacier run", test: "node --test", check: "tsc && glacier validate" },
    dependencies: sorted([...chosen, ...ours, ["zod", "^4.6.0"]]),
    devDependencies: sorted([["@glacier/cli", rangeOf("@glacier/cli")], ...Object.entries(typescript)]),
  });
}

/** A provider package's package.json. */
export function providerPackage(name: string): string {
  return print({
    name,
    version: "0.1.0",
    description: "A storage for Glacier pipelines.",
    license: "UNLICENSED",
    keywords: ["glacier", "glacier-provider"],
    type: "module",
    sideEffects: false,
    engines: { node },
    files: ["dist"],
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    glacier: { provider: "provider" },
    scripts: { build: "tsc -p tsconfig.build.json", test: "vitest run", check: "tsc", prepack: "npm run build" },
    peerDependencies: { "@glacier/core": corePeerRange() },
    devDependencies: sorted([
      ["@glacier/core", rangeOf("@glacier/core")],
      ["@glacier/local", rangeOf("@glacier/local")],
      ["@glacier/testkit", rangeOf("@glacier/testkit")],
      ["vitest", "^5.1.0"],
      ...Object.entries(typescript),
    ]),
  });
}

/** Ours go with this release; of others' the newest is taken when dependencies are installed, and the lock file keeps it. */
function rangeOfProvider({ package: name }: ChosenProvider): string {
  return name.startsWith("@glacier/") ? rangeOf(name) : "latest";
}

function sorted(dependencies: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries([...dependencies].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function print(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}
