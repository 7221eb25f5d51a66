import { fileURLToPath } from "node:url";
import type { Bundle } from "@glacier/bundler";
import { type CompileContext, GlacierError, type Plan, type Provider } from "@glacier/core";

/** What runs in the cluster, before it is packed. Same plan and code, same texts. */
export interface BuiltCode {
  readonly files: Readonly<Record<string, string>>;
  readonly warnings: Bundle["warnings"];
}

/** What runs the code: `host` in the pods of tasks and of a workflow's steps, `driver` in the one that starts tasks as Jobs. */
export type Host = "host" | "driver";

/** Makes a pipeline's code. Errors: `MODULE_INVALID`, `PROVIDER_INVALID`, `BUNDLE_FAILED`. */
export type BuildCode = (plan: Plan, context: CompileContext, host: Host) => Promise<BuiltCode>;

/** See {@link BuildCode}. One bundle for all containers of a deployment. */
export const buildCode: BuildCode = async (plan, context, host) => {
  const { code, map, warnings } = await bundlePipeline(plan, context, host);
  return {
    files: {
      // The driver runs no code of the user's, and its map would be as large as that of the cluster's client.
      ...(host === "driver"
        ? { "index.mjs": `${code}\n` }
        : { "index.mjs": `${code}\n//# sourceMappingURL=index.mjs.map\n`, "index.mjs.map": map }),
      "plan.json": `${JSON.stringify(plan)}\n`,
    },
    warnings,
  };
};

/** What the host is called with; `Deployed` in runtime/site.ts. */
function entryOf(hostFile: string, providers: readonly string[]): string {
  const others = providers.map((name) => `${JSON.stringify(name)}: () => import(${JSON.stringify(importOf(name))})`);
  return [
    `import { host } from ${JSON.stringify(hostFile)};`,
    `export const { main } = host(new URL(".", import.meta.url), {`,
    `  pipeline: () => import("glacier:pipeline"),`,
    `  providers: { ${others.join(", ")} },`,
    `});`,
  ].join("\n");
}

function importOf(provider: string): string {
  return `glacier:provider/${provider}`;
}

async function bundlePipeline(plan: Plan, { pipeline, registry }: CompileContext, host: Host): Promise<Bundle> {
  const { bundle } = (await import(bundlerName)) as typeof import("@glacier/bundler");
  if (pipeline.module === undefined) {
    throw new GlacierError("MODULE_INVALID", {
      message: `pipeline "${plan.pipeline}" doesn't say where its code is, which the cluster must run`,
      hint: "Give it: new Pipeline(name, tasks, { module: import.meta.url }).",
      context: { pipeline: plan.pipeline },
    });
  }
  const fromSources = import.meta.url.endsWith(".ts");
  const url = new URL(fromSources ? `../runtime/${host}.ts` : `./${host}.mjs`, import.meta.url);
  const providers = neededProviders(plan, registry.providers);
  return bundle({
    module: pipeline.module,
    entry: entryOf(fromSources ? `./${host}.ts` : `./${host}.mjs`, Object.keys(providers)),
    entryFrom: fileURLToPath(url),
    modules: Object.fromEntries(Object.entries(providers).map(([name, from]) => [importOf(name), from])),
    conditions: fromSources ? ["@glacier/source"] : [],
  });
}

/** Not a literal: a bundle of a pipeline whose file imports `KubernetesTarget` must not hold the bundler. */
const bundlerName: string = ["@glacier", "bundler"].join("/");

/** Modules, by name, of the providers whose storage the plan has. Formats come with the datasets of the pipeline's own module. */
function neededProviders(plan: Plan, providers: readonly Provider[]): Record<string, string> {
  const kinds = new Set([plan.state, ...plan.datasets.map(({ storage }) => storage)].map(({ kind }) => kind));
  const needed: Record<string, string> = {};
  for (const kind of [...kinds].sort()) {
    const provider = providers.find(({ storage }) => storage?.[kind] !== undefined);
    if (provider?.module !== undefined) needed[provider.name] = provider.module;
  }
  return needed;
}
