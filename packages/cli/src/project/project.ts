import { dirname } from "node:path";
import {
  createRegistry,
  type Environment,
  type Executor,
  GlacierError,
  isGlacierError,
  type Provider,
  type Registry,
  type Target,
} from "@glacier/core";
import { chooseEnvironment, type LoadedConfig, loadConfig } from "./config.ts";
import { registryOf } from "./conflicts.ts";
import { discoverProviders } from "./discover.ts";
import { findRoot } from "./files.ts";
import { findPipelineFile } from "./find-pipeline.ts";
import { checked, type FoundProvider, packageOf } from "./found.ts";
import { type LoadedPipeline, loadPipeline } from "./load-pipeline.ts";

/** What of the command line decides which project, pipeline and environment are meant. */
export interface ProjectOptions {
  readonly cwd: string;
  /** The pipeline's file or the project's folder. */
  readonly path?: string | undefined;
  /** Which of a module's pipelines. */
  readonly pipeline?: string | undefined;
  readonly env?: string | undefined;
  readonly tenant?: string | undefined;
}

/** A pipeline and all that surrounds it. */
export interface Project {
  /** The folder of the nearest package.json above the pipeline's file. */
  readonly root: string;
  readonly file: string;
  readonly pipeline: LoadedPipeline;
  readonly environment: Environment | undefined;
  readonly tenant: string | undefined;
  readonly registry: Registry;
  /** All that were found, those that can't be used among them. */
  readonly providers: readonly FoundProvider[];
}

/** Loads a project. Errors: `MODULE_INVALID`, `USAGE`, `PROVIDER_CONFLICT`, or what the user's code threw. */
export async function loadProject(options: ProjectOptions): Promise<Project> {
  const { cwd } = options;
  const file = findPipelineFile(cwd, options.path);
  const root = findRoot(dirname(file));
  const loaded = await loadConfig(dirname(file), root);
  const environment = chooseEnvironment(loaded, options.env);
  const [pipeline, providers] = await Promise.all([
    loadPipeline(file, options.pipeline, { cwd, root }),
    loadProviders(loaded, root),
  ]);
  // What the config lists is meant to be there; what was discovered may never be needed.
  const wrong = loaded.config.providers === undefined ? undefined : providers.find(({ error }) => error !== undefined);
  if (wrong?.error !== undefined) throw wrong.error;
  const tenant = options.tenant ?? environment?.tenant;
  return { root, file, pipeline, environment, tenant, registry: registryOf(providers), providers };
}

/** The config's providers where it lists them, else those that are discovered. */
export async function loadProviders({ file, config }: LoadedConfig, root: string): Promise<readonly FoundProvider[]> {
  if (config.providers === undefined || file === undefined) return discoverProviders(root);
  return config.providers.map((value: Provider | undefined, index) => {
    const owner = packageOf(value?.module);
    const result = checked(value, `provider ${index + 1} of \`providers\``, owner);
    if ("error" in result) result.error.context["file"] = file;
    return { ...owner, foundIn: file, ...result };
  });
}

/**
 * The executor that the command line or the environment names; `local` by default.
 * Errors: `PROVIDER_MISSING`, or `PROVIDER_INVALID` where a provider that was found but can't be used may be the reason.
 */
export function createExecutor(project: Project, name?: string): Executor {
  const { environment } = project;
  const configured = environment?.executor ?? "local";
  const wanted = name ?? configured;
  try {
    return project.registry.executor(wanted, wanted === configured ? environment?.options : undefined);
  } catch (error) {
    throw withBrokenProviders(error, project.providers);
  }
}

/**
 * The target that the command line or the environment names.
 * Errors: `USAGE` without a name, `PROVIDER_MISSING`, `PROVIDER_INVALID`, and what its options are refused with.
 */
export function createTarget({ environment, registry, providers }: Project, name?: string): Target {
  const wanted = name ?? environment?.target;
  if (wanted === undefined) throw noTarget(registry);
  try {
    return registry.target(wanted, wanted === environment?.target ? environment.targetOptions : undefined);
  } catch (error) {
    throw withBrokenProviders(error, providers);
  }
}

function noTarget(registry: Registry): GlacierError {
  const known = registry.list().flatMap(({ what, name }) => (what === "target" ? [name] : []));
  return new GlacierError("USAGE", {
    message: "nothing says what to compile to",
    hint:
      known.length === 0
        ? "No provider of this project brings a target: install one, then name it with --target. glacier providers lists what there is."
        : `Name a target: --target ${known.join(", or --target ")}; or \`target\` of an environment in glacier.config.ts.`,
  });
}

/** A registry of the project's providers and the executor's own, as a run has it. */
export function registryFor({ registry }: Project, executor: Executor): Registry {
  return createRegistry([...(executor.providers ?? []), ...registry.providers]);
}

/** Adds the providers that can't be used to an error about something that no provider brings. */
export function withBrokenProviders(error: unknown, found: readonly FoundProvider[]): unknown {
  const broken = found.flatMap((one) => one.error ?? []);
  if (!isGlacierError(error, "PROVIDER_MISSING") || broken.length === 0) return error;
  return new GlacierError("PROVIDER_INVALID", {
    message: `${error.message}; some providers of this project can't be used:`,
    hint: error.hint,
    cause: error,
    issues: broken,
  });
}
