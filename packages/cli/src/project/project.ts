import { dirname } from "node:path";
import {
  createRegistry,
  type Environment,
  type Executor,
  GlacierError,
  isGlacierError,
  type Provider,
  type Registry,
} from "@glacier/core";
import { chooseEnvironment, type LoadedConfig, loadConfig } from "./config.ts";
import { type DiscoveredProvider, discoverProviders } from "./discover.ts";
import { findRoot } from "./files.ts";
import { findPipelineFile } from "./find-pipeline.ts";
import { type LoadedPipeline, loadPipeline } from "./load-pipeline.ts";

/** What of the command line decides which project, pipeline and environment are meant. */
export interface ProjectOptions {
  readonly cwd: string;
  /** The pipeline's file or the project's folder. */
  readonly path?: string | undefined;
  /** Which of a module's pipelines. */
  readonly pipeline?: string | undefined;
  readonly env?: string | undefined;
  readonly executor?: string | undefined;
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
  /** What was discovered; undefined where the config lists providers. */
  readonly discovered: readonly DiscoveredProvider[] | undefined;
}

/** Loads a project. Errors: `MODULE_INVALID`, `USAGE`, `PROVIDER_CONFLICT`, or what the user's code threw. */
export async function loadProject(options: ProjectOptions): Promise<Project> {
  const { cwd } = options;
  const file = findPipelineFile(cwd, options.path);
  const root = findRoot(dirname(file));
  const loaded = await loadConfig(dirname(file), root);
  const environment = chooseEnvironment(loaded, options.env);
  const [pipeline, { providers, discovered }] = await Promise.all([
    loadPipeline(file, options.pipeline, { cwd, root }),
    loadProviders(loaded, root),
  ]);
  const tenant = options.tenant ?? environment?.tenant;
  return { root, file, pipeline, environment, tenant, registry: createRegistry(providers), discovered };
}

/** The config's providers, else those that are discovered and load. */
export async function loadProviders(
  { config }: LoadedConfig,
  root: string,
): Promise<{ providers: readonly Provider[]; discovered: readonly DiscoveredProvider[] | undefined }> {
  if (config.providers !== undefined) return { providers: config.providers, discovered: undefined };
  const discovered = await discoverProviders(root);
  return { providers: discovered.flatMap(({ provider }) => provider ?? []), discovered };
}

/**
 * The executor that the command line or the environment names; `local` by default.
 * Errors: `PROVIDER_MISSING`, or `PROVIDER_INVALID` where a provider that was found but doesn't load may be the reason.
 */
export function createExecutor(project: Project, name?: string): Executor {
  const { environment } = project;
  const configured = environment?.executor ?? "local";
  const wanted = name ?? configured;
  try {
    return project.registry.executor(wanted, wanted === configured ? environment?.options : undefined);
  } catch (error) {
    throw withBrokenProviders(error, project.discovered);
  }
}

/** A registry of the project's providers and the executor's own, as a run has it. */
export function registryFor({ registry }: Project, executor: Executor): Registry {
  return createRegistry([...(executor.providers ?? []), ...registry.providers]);
}

/** Adds the providers that don't load to an error about something that no provider brings. */
export function withBrokenProviders(error: unknown, discovered: readonly DiscoveredProvider[] | undefined): unknown {
  const broken = (discovered ?? []).flatMap((one) => one.error ?? []);
  if (!isGlacierError(error, "PROVIDER_MISSING") || broken.length === 0) return error;
  return new GlacierError("PROVIDER_INVALID", {
    message: `${error.message}; some providers of this project don't load:`,
    hint: error.hint,
    cause: error,
    issues: broken,
  });
}
