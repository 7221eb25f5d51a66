import { changedDataset, missingDataset, statDataset } from "../plan/lookup.ts";
import type { Plan, PlanTask } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import { pinsKey, readManifest, type StateOf, stateStore } from "./state.ts";

/** Etags of what a run reads but doesn't make, by dataset. */
export type Pins = Readonly<Record<string, string>>;

/**
 * Etags of every dataset that the run reads but doesn't make, all looked up before it starts.
 * Errors: `DATASET_MISSING`, `DATASET_CHANGED`.
 */
export async function pinSources(plan: Plan, tasks: readonly PlanTask[], registry: Registry): Promise<Pins> {
  const made = new Set(tasks.map(({ name }) => name));
  const taken = new Set(tasks.flatMap(({ inputs }) => Object.values(inputs)));
  const pins: Record<string, string> = {};
  for (const dataset of plan.datasets) {
    const { name, producer } = dataset;
    if (!taken.has(name) || (producer !== undefined && made.has(producer))) continue;
    const info = await statDataset(dataset, registry);
    const manifest = producer === undefined ? undefined : (await readManifest(plan, name, registry))?.manifest;
    if (info === undefined || (producer !== undefined && manifest === undefined)) {
      throw missingDataset(dataset, registry, { pipeline: plan.pipeline });
    }
    if (manifest !== undefined && manifest.etag !== info.etag) {
      throw changedDataset(name, `is no longer what run ${manifest.runId} committed`, { pipeline: plan.pipeline });
    }
    pins[name] = info.etag;
  }
  return pins;
}

/** Keeps a run's pins for attempts that start on other machines. */
export async function writePins(of: StateOf, runId: string, pins: Pins, registry: Registry): Promise<void> {
  await stateStore(of, registry).writeJson(pinsKey(of, runId), pins);
}

/** What {@link writePins} kept; nothing where it kept none. */
export async function readPins(of: StateOf, runId: string, registry: Registry): Promise<Pins> {
  return (await stateStore(of, registry).readJson<Pins>(pinsKey(of, runId)))?.value ?? {};
}
