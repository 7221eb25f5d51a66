import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Environment, type GlacierConfig, GlacierError } from "@glacier/core";
import { closest } from "../command/parse.ts";
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
    message: `the config ${mistake.what}`,
    hint: mistake.hint ?? byTheCompiler,
    context: { file },
  });
}

const byTheCompiler =
  "Export it by default and let the compiler check it: export default { providers: [local] } satisfies GlacierConfig.";

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

interface Mistake {
  /** Follows "the config". */
  readonly what: string;
  readonly hint?: string;
}

function mistakeIn(config: unknown): Mistake | undefined {
  if (!isObject(config)) return { what: "has no default export that is an object" };
  const { providers, environments = {} } = config;
  if (providers !== undefined && !Array.isArray(providers)) return { what: "has `providers` that are not an array" };
  if (!isObject(environments)) return { what: "has `environments` that are not an object" };
  return (
    unknownKey("has", config, configKeys) ??
    Object.entries(environments)
      .map(mistakeInEnvironment)
      .find((mistake) => mistake !== undefined)
  );
}

function mistakeInEnvironment([name, environment]: [string, unknown]): Mistake | undefined {
  const called = `has an environment ${JSON.stringify(name)}`;
  if (!isObject(environment)) return { what: `${called} that is not an object` };
  return unknownKey(`${called} with`, environment, environmentKeys);
}

const configKeys = Object.keys({ providers: true, environments: true } satisfies Record<keyof GlacierConfig, true>);
const environmentKeys = Object.keys({
  executor: true,
  options: true,
  target: true,
  targetOptions: true,
  bindings: true,
  tenant: true,
  params: true,
} satisfies Record<keyof Environment, true>);

function unknownKey(has: string, value: object, known: readonly string[]): Mistake | undefined {
  const wrong = Object.keys(value).find((key) => !known.includes(key));
  if (wrong === undefined) return undefined;
  const near = closest(wrong, known);
  return {
    what: `${has} the unknown key ${JSON.stringify(wrong)}`,
    hint: near === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${near}?`,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
