import type { Executor, Plan, Registry } from "@glacier/core";
import type { CommandContext } from "../command/io.ts";
import { createExecutor, loadProject, type Project, registryFor, withBrokenProviders } from "../project/project.ts";

/** A project bound to its executor: what every command that looks at runs or data needs. */
export interface Bound {
  readonly project: Project;
  readonly executor: Executor;
  readonly registry: Registry;
  readonly plan: Plan;
}

/** Loads the project that the command line means. `path` is the positional argument, where the command has one for it. */
export function projectOf({ args, cwd }: CommandContext, path: string | undefined): Promise<Project> {
  return loadProject({
    cwd,
    path,
    pipeline: args.text("pipeline"),
    env: args.text("env"),
    tenant: args.text("tenant"),
  });
}

/** The project's plan as its executor runs it. Errors: those of `Executor.bind`. */
export async function boundPlan({ pipeline, tenant, environment }: Project, executor: Executor): Promise<Plan> {
  const plan = pipeline.plan({ for: executor, tenant, bindings: environment?.bindings });
  return (await executor.bind?.(plan)) ?? plan;
}

/** Loads a project, binds it, and gives back what it opened when `work` is over. */
export async function withPlan<T>(
  context: CommandContext,
  path: string | undefined,
  work: (bound: Bound) => Promise<T>,
): Promise<T> {
  const project = await projectOf(context, path);
  const executor = createExecutor(project, context.args.text("executor"));
  const registry = registryFor(project, executor);
  try {
    return await work({ project, executor, registry, plan: await boundPlan(project, executor) });
  } catch (error) {
    throw withBrokenProviders(error, project.providers);
  } finally {
    await executor.close?.();
    await registry.close();
  }
}
