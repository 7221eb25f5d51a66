import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Bundle } from "@glacier/bundler";
import {
  type Artifacts,
  type CompileContext,
  type ContainerCompute,
  GlacierError,
  type Plan,
  type Provider,
} from "@glacier/core";
import { imageOf } from "./image.ts";
import { toRemark } from "./remarks.ts";
import { checkSize } from "./size.ts";
import type { BuildCode, CodeArtifacts } from "./types.ts";
import { zip } from "./zip.ts";

/** See {@link BuildCode}. One bundle for all functions and containers of a deployment: shared code is in it once. */
export const buildCode: BuildCode = async (plan, context): Promise<CodeArtifacts> => {
  const built = await bundlePipeline(plan, context);
  const files: Artifacts = {
    "index.mjs": `${built.code}\n//# sourceMappingURL=index.mjs.map\n`,
    "index.mjs.map": built.map,
    "plan.json": `${JSON.stringify(plan)}\n`,
  };
  checkSize(files, built.inputs, plan.pipeline);
  const bytes = await zip(files);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const bases = plan.tasks.flatMap(({ compute }) =>
    compute?.kind === "container" ? [(compute as ContainerCompute).image] : [],
  );
  return {
    zip: { path: `code/${plan.pipeline}.zip`, bytes, sha256 },
    images: [...new Set(bases)].sort().map((base) => imageOf(base, files)),
    remarks: built.warnings.map(toRemark),
  };
};

/** What the host is called with; `Deployed` in runtime/site.ts. */
function entryOf(hostFile: string, providers: readonly string[]): string {
  const others = providers.map((name) => `${JSON.stringify(name)}: () => import(${JSON.stringify(importOf(name))})`);
  return [
    `import { host } from ${JSON.stringify(hostFile)};`,
    `const parts = await host(new URL("plan.json", import.meta.url), {`,
    `  pipeline: () => import("glacier:pipeline"),`,
    `  providers: { ${others.join(", ")} },`,
    `});`,
    `export const { handler, run, main } = parts;`,
  ].join("\n");
}

function importOf(provider: string): string {
  return `glacier:provider/${provider}`;
}

async function bundlePipeline(plan: Plan, { pipeline, registry }: CompileContext): Promise<Bundle> {
  const { bundle } = (await import(bundlerName)) as typeof import("@glacier/bundler");
  if (pipeline.module === undefined) throw withoutModule(plan.pipeline);
  const fromSources = import.meta.url.endsWith(".ts");
  const host = new URL(fromSources ? "../runtime/host.ts" : "./host.mjs", import.meta.url);
  const providers = neededProviders(plan, registry.providers);
  return bundle({
    module: pipeline.module,
    entry: entryOf(fromSources ? "./host.ts" : "./host.mjs", Object.keys(providers)),
    entryFrom: fileURLToPath(host),
    modules: Object.fromEntries(Object.entries(providers).map(([name, url]) => [importOf(name), url])),
    conditions: fromSources ? ["@glacier/source"] : [],
  });
}

/** Not a literal: a bundle of a pipeline whose file imports `AWSTarget` must not hold the bundler. */
const bundlerName: string = ["@glacier", "bundler"].join("/");

/** Storage that the functions bring themselves, and such that no function reaches. */
const withoutProvider = new Set(["s3", "localFs", "memory"]);

/** Modules, by name, of the providers whose storage the plan has. Formats come with the datasets of the pipeline's own module. */
function neededProviders(plan: Plan, providers: readonly Provider[]): Record<string, string> {
  const kinds = new Set([plan.state, ...plan.datasets.map(({ storage }) => storage)].map(({ kind }) => kind));
  const needed: Record<string, string> = {};
  for (const kind of [...kinds].sort()) {
    const provider = withoutProvider.has(kind)
      ? undefined
      : providers.find(({ storage }) => storage?.[kind] !== undefined);
    if (provider === undefined) continue;
    if (provider.module === undefined) throw withoutPlace(provider.name, kind);
    needed[provider.name] = provider.module;
  }
  return needed;
}

function withoutModule(pipeline: string): GlacierError {
  return new GlacierError("MODULE_INVALID", {
    message: `pipeline "${pipeline}" doesn't say where its code is, which AWS must run`,
    hint: "Give it: new Pipeline(name, tasks, { module: import.meta.url }).",
    context: { pipeline },
  });
}

function withoutPlace(provider: string, kind: string): GlacierError {
  return new GlacierError("PROVIDER_INVALID", {
    message: `provider "${provider}", which brings ${kind} storage, doesn't say where its code is, which AWS must run`,
    hint: "Its author gives it `module: import.meta.url`.",
    context: { kind },
  });
}
