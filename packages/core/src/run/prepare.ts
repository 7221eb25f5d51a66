import { GlacierError, isGlacierError } from "../errors/index.ts";
import { isRemote } from "../execute/is-remote.ts";
import type { Graph } from "../graph/graph.ts";
import type { Json } from "../json.ts";
import type { AnyPipeline } from "../pipeline/types.ts";
import { buildPlan } from "../plan/build.ts";
import type { Plan, PlanTask } from "../plan/plan.ts";
import { createRegistry, type Registry } from "../provider/registry.ts";
import type { CheckContext, Executor } from "./executor.ts";
import { checkRunId, lastSegment, newRunId } from "./journal.ts";
import { limitOf } from "./limit.ts";
import { checkParams, jsonParams } from "./params.ts";
import { pinSources } from "./pins.ts";
import { readStart, sameParams } from "./resume.ts";
import type { RunOptions } from "./run.ts";
import { select } from "./select.ts";

/** All that is settled before the first task starts. */
export interface PreparedRun {
  readonly plan: Plan;
  readonly registry: Registry;
  readonly runId: string;
  readonly resumed: boolean;
  readonly params: Json;
  /** Covered tasks, in execution order. */
  readonly tasks: readonly PlanTask[];
  readonly dependencies: readonly (readonly number[])[];
  /** Etags of what the run reads but doesn't make. */
  readonly sources: Readonly<Record<string, string>>;
  /** Attempts side by side. */
  readonly concurrency: number;
}

/** Binds, checks and pins; nothing is written. */
export async function prepareRun(
  pipeline: AnyPipeline,
  graph: Graph,
  executor: Executor,
  params: Json | undefined,
  options: RunOptions,
): Promise<PreparedRun> {
  const { tenant, bindings, resume } = options;
  if (isRemote()) throw startedInside(pipeline.name);
  const registry = createRegistry([...(executor.providers ?? []), ...(options.registry?.providers ?? [])]);
  const unbound = buildPlan(pipeline, graph, {
    defaultStorage: executor.defaultStorage,
    state: executor.state,
    tenant,
    bindings,
  });
  const selected = select(graph, options);
  const taskNames = new Set(selected.map((index) => graph.tasks[index]?.name));
  const tasks = unbound.tasks.filter(({ name }) => taskNames.has(name)).map(withLimit);
  await checkExecutor({ ...unbound, tasks }, pipeline, executor, { whole: unbound, registry });
  const plan = (await executor.bind?.(unbound)) ?? unbound;
  for (const { storage } of plan.datasets) registry.storage(storage);
  if (options.runId !== undefined && executor.runPipeline === undefined)
    await refuseTaken(plan, options.runId, registry);
  const start = resume === undefined ? undefined : await readStart(plan, resume, registry);
  const given = params === undefined ? undefined : jsonParams(params);
  const runParams = start === undefined ? (given ?? {}) : sameParams(start, given);
  for (const index of selected) await checkParams(graph.tasks[index] as (typeof graph.tasks)[number], runParams);
  const position = new Map(selected.map((index, i) => [index, i]));
  return {
    plan,
    registry,
    runId: resume ?? (options.runId === undefined ? newRunId() : checkRunId(options.runId)),
    resumed: start !== undefined,
    params: runParams,
    tasks,
    dependencies: selected.map((index) =>
      (graph.dependencies[index] ?? []).flatMap((before) => position.get(before) ?? []),
    ),
    concurrency: checkConcurrency(options.concurrency ?? executor.concurrency ?? 16),
    sources: await pinSources(plan, tasks, registry),
  };
}

/** Without it, each attempt would start the whole run again, in ever more processes. */
function startedInside(pipeline: string): GlacierError {
  return new GlacierError("MODULE_INVALID", {
    message: `the module of pipeline "${pipeline}" runs it when it is loaded`,
    hint: "Whoever runs its tasks elsewhere loads the module too: keep pipeline.run(…) behind if (import.meta.main), or in another file.",
    context: { pipeline },
  });
}

/** An engine follows a run of that id; here two would write one journal. */
async function refuseTaken(plan: Plan, runId: string, registry: Registry): Promise<void> {
  if ((await lastSegment(plan, checkRunId(runId), registry)) === 0) return;
  throw new GlacierError("OPTION_INVALID", {
    message: `run ${runId} is there already`,
    hint: `Go on with it (run({ resume: "${runId}" })), or give another id.`,
    context: { runId },
  });
}

function withLimit(task: PlanTask): PlanTask {
  const timeout = limitOf(task);
  return timeout === undefined ? task : { ...task, timeout };
}

async function checkExecutor(
  plan: Plan,
  pipeline: AnyPipeline,
  executor: Executor,
  context: CheckContext,
): Promise<void> {
  const mistakes: GlacierError[] = [];
  for (const { name, compute } of plan.tasks) {
    if (compute === undefined || executor.supports.includes(compute.kind)) continue;
    mistakes.push(
      new GlacierError("COMPUTE_UNSUPPORTED", {
        message: `task "${name}" needs ${compute.kind} compute, which executor "${executor.name}" can't run`,
        hint: `It runs ${executor.supports.join(", ")}: give the task one of these, or run it elsewhere.`,
        context: { task: name, kind: compute.kind },
      }),
    );
  }
  for (const error of (await executor.check?.(plan, pipeline, context)) ?? []) {
    if (!isGlacierError(error)) throw error;
    mistakes.push(error);
  }
  const [only] = mistakes;
  if (only === undefined) return;
  if (mistakes.length === 1) throw only;
  throw new GlacierError(only.code, {
    message: `executor "${executor.name}" can't run this pipeline:\n${mistakes.map(({ message }) => `- ${message}`).join("\n")}`,
    hint: only.hint,
    context: { pipeline: plan.pipeline },
    issues: mistakes,
  });
}

function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency > 0) return concurrency;
  throw new GlacierError("OPTION_INVALID", {
    message: `concurrency must be a whole number above 0, not ${concurrency}`,
    hint: "It is how many attempts run side by side.",
  });
}
