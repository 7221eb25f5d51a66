import type { Diagnostic, Plan } from "@glacier/core";
import type { CodeArtifacts } from "../code/types.ts";
import type { Sized } from "./compute.ts";
import { limits, remark } from "./limits.ts";
import type { Model, Resource } from "./model.ts";
import { taskStatements } from "./policy.ts";
import { alerts } from "./resources/alerts.ts";
import { containerPlace, taskContainer } from "./resources/containers.ts";
import { engine } from "./resources/engine.ts";
import { runFunction, taskFunction } from "./resources/functions.ts";
import type { TooLarge } from "./resources/role.ts";
import { schedules } from "./resources/schedule.ts";
import { bucket } from "./resources/storage.ts";
import type { Settings } from "./settings.ts";
import type { Machine } from "./state-machine.ts";

/** What a plan was found to need, before its code is there. */
export interface Prepared {
  readonly sizes: ReadonlyMap<string, Sized>;
  readonly machine: Machine;
  /** As EventBridge Scheduler has them. */
  readonly schedules: readonly string[];
}

/** Everything that a deployment of a plan consists of. Policies that IAM has no room for are reported. */
export function buildModel(
  plan: Plan,
  prepared: Prepared,
  code: CodeArtifacts,
  settings: Settings,
  report: (remark: Diagnostic) => void,
): Model {
  const { sizes, machine } = prepared;
  const tooLarge: TooLarge = (role, statements) =>
    report(policyTooLarge(role, statements.flatMap(({ resources }) => resources).length));
  const inContainers = plan.tasks.filter(({ name }) => sizes.get(name)?.kind === "container");
  const statementsOf = taskStatements(plan, settings);
  const resources: Resource[] = [
    bucket(settings),
    ...runFunction(plan, settings, tooLarge),
    ...(inContainers.length === 0 ? [] : containerPlace(inContainers, settings, tooLarge)),
    ...plan.tasks.flatMap((task) => {
      const sized = sizes.get(task.name) as Sized;
      return sized.kind === "function"
        ? taskFunction(task, sized, statementsOf(task), settings, tooLarge)
        : taskContainer(task, sized, statementsOf(task), code, settings, tooLarge);
    }),
    ...engine(machine, sizes, settings, tooLarge),
    ...(plan.schedule === undefined ? [] : schedules(prepared.schedules, plan.schedule.timeZone, settings, tooLarge)),
    ...alerts(settings, plan.schedule !== undefined),
  ];
  const { region, partition } = settings;
  return { region, partition, pipeline: plan.pipeline, tags: tagsOf(settings), code, resources };
}

function tagsOf({ tags = {}, deployment: { pipeline, tenant } }: Settings): Record<string, string> {
  const own = { "glacier:pipeline": pipeline, ...(tenant !== undefined && { "glacier:tenant": tenant }) };
  return Object.fromEntries(Object.entries({ ...tags, ...own }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function policyTooLarge(role: string, resources: number): Diagnostic {
  const { inlinePolicy, managedPolicy, managedPoliciesPerRole } = limits;
  const task = role.startsWith("task_") ? role.slice("task_".length) : undefined;
  return remark(
    "error",
    "UNSUPPORTED",
    `${task === undefined ? `the role "${role}"` : `task "${task}"`} touches ${resources} things, and IAM has room for ${inlinePolicy.max} and ${managedPoliciesPerRole.max} × ${managedPolicy.max} characters in a role (${managedPolicy.page})`,
    "Let fewer datasets meet in one task: collect them in steps. Shorter names help too.",
    task === undefined ? {} : { task },
  );
}
