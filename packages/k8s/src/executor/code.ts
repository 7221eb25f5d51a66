import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { ExecutionContext } from "@glacier/core";
import type { RemoteTask } from "@glacier/core/execute";
import { importOf, loadBundler, neededProviders } from "../code/providers.ts";
import { sha256 } from "./attempt-name.ts";

/** A pipeline's code, as pods load it. */
export interface Code {
  /** `{ "task.mjs", "task.mjs.map" }` as JSON, compressed. */
  readonly bytes: Uint8Array;
  /** Of `bytes`; hex. */
  readonly hash: string;
  /** Under which names the bundle has the pipeline's module and the providers'. */
  readonly modules: Pick<RemoteTask, "module" | "providers">;
}

/** Bytes that a ConfigMap may hold, with its names: https://kubernetes.io/docs/concepts/configuration/configmap/ */
export const largestConfigMap: number = 1024 * 1024 - 1024;

const built = new Map<string, Promise<Code>>();

/** Bundles a pipeline's module with what runs it in a pod; once for each module and its providers. Errors: `BUNDLE_FAILED`, `PROVIDER_INVALID`. */
export function buildCode(
  module: string,
  { plan, registry }: Pick<ExecutionContext, "plan" | "registry">,
): Promise<Code> {
  const providers = neededProviders(plan, registry.providers);
  const id = JSON.stringify([module, providers]);
  let code = built.get(id);
  if (code === undefined) {
    code = build(module, providers);
    code.catch(() => built.delete(id));
    built.set(id, code);
  }
  return code;
}

async function build(module: string, providers: Readonly<Record<string, string>>): Promise<Code> {
  const { bundle, pipelineImport } = await loadBundler();
  const fromSources = import.meta.url.endsWith(".ts");
  const main = new URL(fromSources ? "./pod.ts" : "./pod.mjs", import.meta.url);
  const names = [pipelineImport, ...Object.keys(providers).map(importOf)];
  const { code, map } = await bundle({
    module,
    // Loaded when the entry asks for them: an error that a module throws is told like any other.
    entry: [
      `import { main } from ${JSON.stringify(fromSources ? "./pod.ts" : "./pod.mjs")};`,
      `await main({ ${names.map((name) => `${JSON.stringify(name)}: () => import(${JSON.stringify(name)})`).join(", ")} });`,
    ].join("\n"),
    entryFrom: fileURLToPath(main),
    modules: Object.fromEntries(Object.entries(providers).map(([name, url]) => [importOf(name), url])),
    conditions: fromSources ? ["@glacier/source"] : [],
  });
  // Stacks need places, not the text: it is more than half of a map.
  const { sourcesContent: _, ...places } = JSON.parse(map);
  const files = {
    "task.mjs": `${code}\n//# sourceMappingURL=task.mjs.map\n`,
    "task.mjs.map": JSON.stringify(places),
  };
  const bytes = gzipSync(JSON.stringify(files), { level: 9 });
  return {
    bytes,
    hash: sha256(bytes),
    modules: {
      module: pipelineImport,
      providers: Object.keys(providers).map((name) => ({ name, module: importOf(name) })),
    },
  };
}
