import { fileURLToPath } from "node:url";
import type { Bundle } from "@glacier/bundler";
import { type CompileContext, GlacierError, type Plan } from "@glacier/core";
import { importOf, loadBundler, neededProviders } from "./providers.ts";

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

async function bundlePipeline(plan: Plan, { pipeline, registry }: CompileContext, host: Host): Promise<Bundle> {
  const { bundle } = await loadBundler();
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
