import { type AnyPipeline, createRegistry, GlacierError, type Plan, type Provider } from "@glacier/core";
import { findPipeline, findProvider, loadDeployed, markRemote, type RemoteSource } from "@glacier/core/execute";
import { bindPlan, variables } from "../deployment.ts";
import { s3 } from "../storage/index.ts";

/** What was deployed, as the bundle's entry names it. */
export interface Deployed {
  /** With the placeholder for the deployment's bucket. */
  readonly plan: Plan;
  /** The user's module. */
  readonly pipeline: () => Promise<unknown>;
  /** Modules of the providers that the plan needs besides this one, by their names. */
  readonly providers: Readonly<Record<string, () => Promise<unknown>>>;
}

/** This package, as far as tasks need it: without the executor and the target. */
const aws: Provider = { name: "aws", contract: 1, storage: { s3 } };

/**
 * Loads the code, once for a machine: clients and connections go on from one invocation to the next.
 * Errors: `MODULE_INVALID`, `PROVIDER_INVALID`.
 */
export async function openSite({ plan, pipeline, providers }: Deployed): Promise<RemoteSource> {
  // Before the modules: one that runs its pipeline when it is loaded would run it in every function.
  markRemote();
  const others = await Promise.all(
    Object.entries(providers).map(async ([name, load]) => findProvider(await loadDeployed(load, name), name, name)),
  );
  return {
    plan: bindPlan(plan, bucketName()),
    pipeline: findPipeline(
      await loadDeployed(pipeline, plan.pipeline),
      plan.pipeline,
      "the deployed module",
    ) as AnyPipeline,
    registry: createRegistry([aws, ...others]),
  };
}

function bucketName(): string {
  const name = process.env[variables.bucket];
  if (name !== undefined && name !== "") return name;
  throw new GlacierError("MODULE_INVALID", {
    message: `the environment variable ${variables.bucket} is not set`,
    hint: "What AWSTarget emits sets it to the deployment's bucket: deploy that, unchanged.",
  });
}
