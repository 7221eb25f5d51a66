import { GlacierError } from "../errors/index.ts";
import { type Json, stableJson } from "../json.ts";
import { findDataset, statDataset } from "../plan/lookup.ts";
import type { Plan, PlanTask } from "../plan/plan.ts";
import type { Registry } from "../provider/registry.ts";
import type { RunStarted } from "./events.ts";
import { readJournal } from "./journal.ts";
import { readManifest } from "./state.ts";

/**
 * Whether this run has committed a task already and all of it still matches: its outputs' manifests are this run's, the
 * data has their etags, and they were made from the inputs as they are now.
 */
export async function isCommitted(
  plan: Plan,
  task: PlanTask,
  runId: string,
  sources: Readonly<Record<string, string>>,
  registry: Registry,
): Promise<boolean> {
  const quarantine = typeof task.onInvalid === "string" ? [] : [task.onInvalid.quarantine];
  for (const output of [...Object.values(task.outputs), ...quarantine]) {
    const manifest = (await readManifest(plan, output, registry))?.manifest;
    if (manifest === undefined || manifest.runId !== runId || manifest.task !== task.name) return false;
    if (manifest.etag !== (await statDataset(findDataset(plan.datasets, output), registry))?.etag) return false;
    for (const input of Object.values(task.inputs)) {
      const now = sources[input] ?? (await readManifest(plan, input, registry))?.manifest.etag;
      if (now === undefined || manifest.inputs[input] !== now) return false;
    }
  }
  return true;
}

/** How the run to resume was started first. Errors: `RUN_NOT_FOUND`, `OPTION_INVALID`. */
export async function readStart(plan: Plan, runId: string, registry: Registry): Promise<RunStarted> {
  for await (const event of readJournal(plan, runId, registry)) if (event.type === "run.started") return event;
  throw new GlacierError("RUN_NOT_FOUND", {
    message: `the journal of run ${runId} has no beginning`,
    hint: "It can't be resumed: start a new run.",
    context: { runId },
  });
}

/** A resumed run goes on with the params that it began with. Errors: `OPTION_INVALID`. */
export function sameParams(start: RunStarted, given: Json | undefined): Json {
  if (given === undefined || stableJson(given) === stableJson(start.params)) return start.params;
  throw new GlacierError("OPTION_INVALID", {
    message: `run ${start.runId} was started with other params`,
    hint: "Leave params out when resuming, or start a new run.",
    context: { runId: start.runId },
  });
}
