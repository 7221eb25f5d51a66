import { readFileSync } from "node:fs";
import {
  deserializeError,
  type Executor,
  isGlacierError,
  type Json,
  type RunEvent,
  type RunOptions,
  readJournal,
} from "@glacier/core";
import { markRemote, type RemoteSource } from "@glacier/core/execute";
import * as sdk from "@kubernetes/client-node";
import { exitCodes, variables } from "../deployment.ts";
import { DeployedExecutor, type DeployedTasks } from "../driver/deployed-executor.ts";
import { openCluster } from "../executor/cluster.ts";

/**
 * Runs the pipeline with Glacier's scheduler, from a pod of a Job. The Job's next pod, after one that died or was told to stop (its
 * node is drained), goes on with the same run, and follows the tasks that still do; one that finds it over ends as it did.
 * Errors: those of `Pipeline.run`.
 */
export async function drive(
  folder: URL,
  { plan, pipeline, registry }: RemoteSource,
  signal: AbortSignal,
): Promise<void> {
  // Whoever deletes the Job deletes those of its tasks with it; who stops only this pod wants the run to go on.
  signal.addEventListener("abort", () => process.exit(exitCodes.stopped));
  const { env } = process;
  const job = env[variables.job] ?? "";
  const uid = env[variables.jobUid] ?? "";
  // Names of Jobs come again; uids never do. Names may have dots, ids may not.
  const runId = `${job.replaceAll(".", "-")}-${uid.slice(0, 8)}`;
  const past = await pastOf(readJournal(plan, runId, registry));
  if (past.finished !== undefined) {
    if (past.finished.error !== undefined) throw deserializeError(past.finished.error);
    return;
  }
  const config = new sdk.KubeConfig();
  config.loadFromDefault();
  const options = { storage: plan.state, namespace: env[variables.namespace] ?? "default", client: { sdk, config } };
  const tasks: DeployedTasks = {
    state: plan.state,
    pods: JSON.parse(readFileSync(new URL("pods.json", folder), "utf8")),
    owner: { name: job, uid },
    pendingTimeout: Number(env[variables.pendingTimeout]),
  };
  // The modules are loaded; from here on this is where a run is started.
  markRemote(false);
  const { run } = pipeline as unknown as Runnable;
  await run.call(pipeline, {
    executor: new DeployedExecutor(tasks, await openCluster(options)),
    registry,
    onEvent: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    bindings: Object.fromEntries(plan.datasets.map(({ name, storage }) => [name, storage])),
    tenant: plan.tenant,
    ...(past.started ? { resume: runId } : { runId, params: JSON.parse(env[variables.params] || "{}") as Json }),
  });
}

/** A pipeline of any types. */
interface Runnable {
  run(options: RunOptions & { readonly executor: Executor; readonly params?: Json }): Promise<unknown>;
}

/** What an earlier pod of the Job did. */
async function pastOf(
  events: AsyncIterable<RunEvent>,
): Promise<{ started: boolean; finished: Extract<RunEvent, { type: "run.finished" }> | undefined }> {
  let started = false;
  let finished: Extract<RunEvent, { type: "run.finished" }> | undefined;
  try {
    for await (const event of events) {
      started ||= event.type === "run.started";
      if (event.type === "run.finished") finished = event;
    }
  } catch (error) {
    if (!isGlacierError(error, "RUN_NOT_FOUND")) throw error;
  }
  return { started, finished };
}
