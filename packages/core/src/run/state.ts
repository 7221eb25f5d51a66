import { type GlacierError, isGlacierError } from "../errors/index.ts";
import { changedDataset } from "../plan/lookup.ts";
import type { Plan } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import { createStore, type Store } from "../storage/store.ts";
import type { Manifest } from "./manifest.ts";

/** What identifies a pipeline's state: enough of a {@link Plan}. */
export type StateOf = Pick<Plan, "pipeline" | "tenant" | "state">;

/** The store that holds a pipeline's manifests and journals. */
export function stateStore({ state }: StateOf, registry: Registry): Store {
  return createStore(registry.storage(state));
}

/** Key of a dataset's manifest, below the state root. */
export function manifestKey({ pipeline, tenant }: Pick<StateOf, "pipeline" | "tenant">, dataset: string): string {
  return `${root(tenant)}manifests/${pipeline}/${dataset}.json`;
}

/** Where a pipeline's run journals are, below the state root, with a trailing slash. */
export function runsPrefix({ pipeline, tenant }: Pick<StateOf, "pipeline" | "tenant">): string {
  return `${root(tenant)}runs/${pipeline}/`;
}

/** Key of a run's pinned sources, below the state root. `runId` may be `*`, for policies. */
export function pinsKey({ pipeline, tenant }: Pick<StateOf, "pipeline" | "tenant">, runId: string): string {
  return `${root(tenant)}pins/${pipeline}/${runId}.json`;
}

/**
 * The part of a journal that one attempt writes, where attempts run on machines of their own: the names of its segments,
 * below the run's folder, begin with it. `group` is a number, above that of the run's start: `000002`. In a folder below
 * (`attempts/000002`) they are no part of the run's journal: whoever started the attempts reads them into that.
 * Names of tasks have no dot. For policies, each part may be `*`.
 */
export function attemptWriter(group: string, task: string, attempt: number | "*"): string {
  return `${group}.${task}.${attempt}`;
}

/** The commit record of a dataset, or undefined where it was never committed. */
export async function readManifest(
  of: StateOf,
  dataset: string,
  registry: Registry,
): Promise<{ manifest: Manifest; etag: string } | undefined> {
  const found = await stateStore(of, registry).readJson<Manifest>(manifestKey(of, dataset));
  return found === undefined ? undefined : { manifest: found.value, etag: found.etag };
}

/**
 * Commits a manifest, but never over a newer writer's: the manifest is swapped only while `ownData` says that the
 * data is still this attempt's, and the check is repeated when another manifest came in between. Whoever wrote the data
 * last therefore also writes the last manifest. Errors: `DATASET_CHANGED`.
 */
export async function commitManifest(
  of: StateOf,
  manifest: Manifest,
  registry: Registry,
  ownData: () => Promise<boolean>,
): Promise<void> {
  const store = stateStore(of, registry);
  const key = manifestKey(of, manifest.dataset);
  for (;;) {
    const before = await store.readJson<Manifest>(key);
    if (!(await ownData())) throw changedByOther(manifest, before?.value);
    try {
      await store.writeJson(key, manifest, before === undefined ? { ifNoneMatch: "*" } : { ifMatch: before.etag });
      return;
    } catch (error) {
      if (isGlacierError(error, "UNSUPPORTED")) {
        // This backend can't compare and swap: a plain write, with the small window that leaves.
        await store.writeJson(key, manifest);
        return;
      }
      if (!isGlacierError(error, "PRECONDITION_FAILED")) throw error;
    }
  }
}

function changedByOther({ task, dataset, runId }: Manifest, other: Manifest | undefined): GlacierError {
  const by = other !== undefined && other.runId !== runId ? ` by run ${other.runId}` : "";
  return changedDataset(dataset, `was replaced${by} before run ${runId} could commit it`, { task, runId });
}

function root(tenant: string | undefined): string {
  return tenant === undefined ? "" : `${tenant}/`;
}
