import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Environment, type GlacierConfig, GlacierError } from "@glacier/core";
import { foldersAbove } from "./files.ts";
import { loadModule } from "./load-pipeline.ts";

const names = ["glacier.config.ts", "glacier.config.mts", "glacier.config.js", "glacier.config.mjs"];

/** A project's configuration and the file it stands in. */
export interface LoadedConfig {
  /** Absent where there is no such file. */
  readonly file?: string;
  readonly config: GlacierConfig;
}

/** Loads the nearest `glacier.config.ts` from `folder` up to `root`. Errors: `MODULE_INVALID`, or what its code threw. */
export async function loadConfig(folder: string, root: string): Promise<LoadedConfig> {
  const folders = foldersAbove(folder).filter((one) => one.length >= root.length);
  const file = folders.flatMap((one) => names.map((name) => join(one, name))).find((one) => existsSync(one));
  if (file === undefined) return { config: {} };
  const { default: config } = await loadModule(file, root);
  const mistake = mistakeIn(config);
  if (mistake === undefined) return { file, config: config as GlacierConfig };
  throw new GlacierError("MODULE_INVALID", {
    message: `the config ${mistake}`,
    hint: "Export it by default and let the compiler check it: export default { providers: [local] } satisfies GlacierConfig.",
    context: { file },
  });
}

/** The environment of that name; without a name the one called `default`, where there is one. Errors: `USAGE`. */
export function chooseEnvironment({ file, config }: LoadedConfig, name: string | undefined): Environment | undefined {
  const environments = config.environments ?? {};
  if (name === undefined) return environments["default"];
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(environments);
  throw new GlacierError("USAGE", {
    message: `there is no environment "${name}"`,
    hint:
      file === undefined
        ? "Environments stand in glacier.config.ts, which this project doesn't have."
        : known.length === 0
          ? "glacier.config.ts has no environments yet: environments: { prod: { executor: … } }."
          : `glacier.config.ts has: ${known.join(", ")}.`,
  });
}

function mistakeIn(config: unknown): string | undefined {
  if (typeof config !== "object" || config === null) return "has no default export that is an object";
  const { providers, environments } = config as { providers?: unknown; environments?: unknown };
  if (providers !== undefined && !Array.isArray(providers)) return "has `providers` that are not an array";
  if (environments === undefined) return undefined;
  if (typeof environments !== "object" || environments === null || Array.isArray(environments))
    return "has `environments` that are not an object";
  const bad = Object.entries(environments).find(([, value]) => typeof value !== "object" || value === null);
  return bad === undefined ? undefined : `has an environment "${bad[0]}" that is not an object`;
}
