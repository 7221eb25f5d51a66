import type { Deployment } from "./deployment.ts";
import { deploymentName, labelValue } from "./names.ts";

/** What a thing is for, in its label: a task, the engine that starts tasks, or what both share. */
export type Component = "task" | "engine" | "shared";

/**
 * Labels of everything that belongs to a deployment.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function labelsOf(deployment: Deployment, component: Component, task?: string): Record<string, string> {
  const { pipeline, tenant } = deployment;
  return {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/instance": deploymentName(deployment),
    "app.kubernetes.io/managed-by": "glacier",
    "app.kubernetes.io/name": labelValue(pipeline),
    "app.kubernetes.io/part-of": "glacier",
    "glacier.dev/pipeline": labelValue(pipeline),
    ...(task !== undefined && { "glacier.dev/task": labelValue(task) }),
    ...(tenant !== undefined && { "glacier.dev/tenant": labelValue(tenant) }),
  };
}
