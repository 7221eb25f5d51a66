import { type Executor, GlacierError, isGlacierError } from "@glacier/core";
import { exitCodeFor, exitCodes } from "../command/exit-code.ts";
import type { Command } from "../command/io.ts";
import { createExecutor, type Project, registryFor, withBrokenProviders } from "../project/project.ts";
import { count } from "../text/units.ts";
import { projectOf } from "./shared.ts";

/** `glacier validate`: every mistake of the pipeline, then whether the executor can run it and reach its storage. Reads no data. */
export const command: Command = async (context) => {
  const { args, out, quiet } = context;
  const project = await projectOf(context, args.positionals[0]);
  const { pipeline } = project;
  const issues = await findIssues(project, args.text("executor"));
  if (args.flag("json")) {
    out.lines([
      JSON.stringify({
        pipeline: pipeline.name,
        valid: issues.length === 0,
        issues: issues.map((issue) => issue.toJSON()),
      }),
    ]);
  } else if (issues.length > 0) {
    throw summed(pipeline.name, issues);
  } else if (!quiet) {
    const { tasks, datasets } = pipeline;
    out.lines([
      `${out.style.green("✔")} ${out.style.bold(pipeline.name)} is valid: ${count(tasks.length, "task")}, ${count(datasets.length, "dataset")}`,
    ]);
  }
  const [first] = issues;
  return first === undefined ? exitCodes.done : exitCodeFor(first);
};

async function findIssues(project: Project, executorName: string | undefined): Promise<GlacierError[]> {
  const { pipeline, environment, providers } = project;
  const bound = environment?.bindings ?? {};
  const structural = pipeline.validate().filter(({ context }) => !Object.hasOwn(bound, context.dataset ?? ""));
  if (structural.length > 0) return structural;
  try {
    const executor = createExecutor(project, executorName);
    try {
      return await bindingIssues(project, executor);
    } finally {
      await executor.close?.();
    }
  } catch (error) {
    const explained = withBrokenProviders(error, providers);
    if (isGlacierError(explained)) return [explained];
    throw explained;
  }
}

/** What this executor can't run or reach. */
async function bindingIssues(project: Project, executor: Executor): Promise<GlacierError[]> {
  const { pipeline, tenant, environment } = project;
  const plan = pipeline.plan({ for: executor, tenant, bindings: environment?.bindings });
  const registry = registryFor(project, executor);
  try {
    const unsupported = plan.tasks.flatMap(({ name, compute }) =>
      compute === undefined || executor.supports.includes(compute.kind)
        ? []
        : [unsupportedCompute(name, compute.kind, executor.name, executor.supports)],
    );
    const missing = plan.datasets.flatMap(({ storage }) => tried(() => registry.storage(storage)));
    const refused = (await executor.check?.(plan, pipeline, { whole: plan, registry })) ?? [];
    return [...unsupported, ...refused.filter((error) => isGlacierError(error)), ...unique(missing)];
  } finally {
    await registry.close();
  }
}

/** One mistake as itself, several as one error with issues. */
function summed(pipeline: string, issues: readonly GlacierError[]): GlacierError {
  const [first] = issues as readonly [GlacierError, ...GlacierError[]];
  if (issues.length === 1) return first;
  return new GlacierError(first.code, {
    message: `pipeline "${pipeline}" has ${issues.length} mistakes`,
    hint: "",
    context: { pipeline },
    issues,
  });
}

function unsupportedCompute(task: string, kind: string, executor: string, supports: readonly string[]): GlacierError {
  return new GlacierError("COMPUTE_UNSUPPORTED", {
    message: `task "${task}" needs ${kind} compute, which executor "${executor}" can't run`,
    hint: `It runs ${supports.join(", ")}: give the task one of these, or choose another executor.`,
    context: { task, kind },
  });
}

function tried(action: () => unknown): GlacierError[] {
  try {
    action();
    return [];
  } catch (error) {
    if (isGlacierError(error)) return [error];
    throw error;
  }
}

function unique(errors: readonly GlacierError[]): GlacierError[] {
  return [...new Map(errors.map((error) => [error.message, error])).values()];
}
