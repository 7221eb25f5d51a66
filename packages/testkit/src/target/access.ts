import type { PlanDataset, PlanTask } from "@glacier/core";
import { expect } from "vitest";
import { type Compiled, compile, type TargetSubject } from "./compile.ts";
import { type PipelineSpec, taskSpec } from "./pipelines.ts";
import { onRandomPipelines, typical } from "./random.ts";

export async function leastPrivilege(subject: TargetSubject): Promise<void> {
  for (const spec of [typical, prefixes]) checkRights(await compile(subject, spec));
  checkRights(await compile(subject, prefixes, { tenant: "acme" }));
  await onRandomPipelines(subject, async (spec) => checkRights(await compile(subject, spec)));
}

/** Keys that begin alike: whoever may touch one must not touch the others. */
const prefixes: PipelineSpec = {
  name: "prefixes",
  tasks: ["a", "ab", "a-b", "a_b", "a_b_c"].map((name) => taskSpec(`make_${name}`, { outputNames: [name] })),
};

function checkRights({ plan, forms }: Compiled): void {
  for (const { form, view } of forms) {
    const wrong: string[] = [];
    for (const task of plan.tasks) {
      for (const dataset of plan.datasets) {
        for (const [action, right] of Object.entries(rightsOf(task, dataset))) {
          const may = view.may(task.name, action as "read" | "write", dataset);
          if (right === "either" || may === right) continue;
          wrong.push(`"${task.name}" may${may ? "" : " not"} ${action} "${dataset.name}"`);
        }
      }
    }
    expect(wrong, `rights in ${form} that aren't the plan's`).toEqual([]);
  }
}

function rightsOf(task: PlanTask, { name }: PlanDataset): { read: boolean | "either"; write: boolean } {
  const quarantine = typeof task.onInvalid === "object" ? [task.onInvalid.quarantine] : [];
  const write = [...Object.values(task.outputs), ...quarantine].includes(name);
  const read = Object.values(task.inputs).includes(name);
  return { read: read || (write && "either"), write };
}

export async function separateTenants(subject: TargetSubject): Promise<void> {
  const tenants = [undefined, "acme", "acme-2", "acm"];
  const compiled: Compiled[] = [];
  for (const tenant of tenants) compiled.push(await compile(subject, typical, tenant === undefined ? {} : { tenant }));
  const wrong: string[] = [];
  for (const [mine, { plan, forms }] of compiled.entries()) {
    for (const [theirs, { plan: other }] of compiled.entries()) {
      if (mine === theirs) continue;
      for (const { view, form } of forms) {
        for (const { name: task } of plan.tasks) {
          for (const dataset of other.datasets) {
            for (const action of ["read", "write"] as const) {
              if (!view.may(task, action, dataset)) continue;
              wrong.push(`${form}: ${tenants[mine] ?? "no tenant"}'s "${task}" may ${action} ${dataset.key}`);
            }
          }
        }
      }
    }
  }
  expect(wrong).toEqual([]);
}

export async function ownSecrets(subject: TargetSubject): Promise<void> {
  const check = ({ plan, forms }: Compiled): void => {
    for (const { form, view } of forms) {
      for (const { name, secrets } of plan.tasks) {
        const own = [...new Set(Object.values(secrets))].sort();
        expect([...new Set(view.secrets(name))].sort(), `${form}: secrets of "${name}"`).toEqual(own);
      }
    }
  };
  check(await compile(subject, typical));
  await onRandomPipelines(subject, async (spec) => check(await compile(subject, spec)));
}
