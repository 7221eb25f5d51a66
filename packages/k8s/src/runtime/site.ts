import { readFileSync } from "node:fs";
import { type AnyPipeline, createRegistry, type Plan } from "@glacier/core";
import { findPipeline, findProvider, loadDeployed, markRemote, type RemoteSource } from "@glacier/core/execute";

/** What was deployed, as the bundle's entry names it. */
export interface Deployed {
  /** The user's module. */
  readonly pipeline: () => Promise<unknown>;
  /** Modules of the providers that the plan needs, by their names. */
  readonly providers: Readonly<Record<string, () => Promise<unknown>>>;
}

/** Loads the code, and the plan in `folder`. Errors: `MODULE_INVALID`, `PROVIDER_INVALID`. */
export async function openSite(folder: URL, { pipeline, providers }: Deployed): Promise<RemoteSource> {
  // Before the modules: one that runs its pipeline when it is loaded would run it in every container.
  markRemote();
  const plan = JSON.parse(readFileSync(new URL("plan.json", folder), "utf8")) as Plan;
  const loadedProviders = await Promise.all(
    Object.entries(providers).map(async ([name, load]) => findProvider(await loadDeployed(load, name), name, name)),
  );
  return {
    plan,
    pipeline: findPipeline(
      await loadDeployed(pipeline, plan.pipeline),
      plan.pipeline,
      "the deployed module",
    ) as AnyPipeline,
    registry: createRegistry(loadedProviders),
  };
}
