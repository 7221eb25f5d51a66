import { GlacierError, isGlacierError } from "@glacier/core";
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
  const { pipeline, tenant, environment, discovered } = project;
  const bindings = environment?.bindings;
  const structural = pipeline
    .validate()
    .filter(({ context }) => context.dataset === undefined || bindings?.[context.dataset] === undefined);
  if (structural.length > 0) return structural;
  try {
    const executor = createExecutor(project, executorName);
    const plan = pipeline.plan({ for: executor, tenant, bindings });
    const registry = registryFor(project, executor);
    const unsupported = plan.tasks.flatMap(({ name, compute }) =>
      compute === undefined || executor.supports.includes(compute.kind)
        ? []
        : [unsupportedCompute(name, compute.kind, executor.name, executor.supports)],
    );
    const missing = plan.datasets.flatMap(({ storage, format }) => [
      ...tried(() => registry.storage(storage)),
      ...tried(() => registry.format(format.name, format.options)),
    ]);
    return [
      ...unsupported,
      ...((await executor.check?.(plan)) ?? []).filter((error) => isGlacierError(error)),
      ...unique(missing),
    ];
  } catch (error) {
    const explained = withBrokenProviders(error, discovered);
    if (isGlacierError(explained)) return [explained];
    throw explained;
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
