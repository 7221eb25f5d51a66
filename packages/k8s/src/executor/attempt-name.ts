import { createHash } from "node:crypto";
import type { Plan, TaskInvocation } from "@glacier/core";
import { labelsOf } from "../labels.ts";
import { labelValue, longestJobName } from "../names.ts";

/** Labels and annotations of what an executor makes, beside those of everything that belongs to a deployment. */
export const keys = {
  run: "glacier.dev/run",
  attempt: "glacier.dev/attempt",
  /** Annotation: SHA-256 of all that an attempt is told. */
  call: "glacier.dev/call",
  /** Annotation: what starts each line of a pod's log that is for Glacier. */
  mark: "glacier.dev/mark",
} as const;

/** Name of an attempt's Job: the same whoever asks, so that no attempt is started twice. */
export function attemptName(plan: Plan, { runId, task, attempt }: TaskInvocation): string {
  const { state, pipeline, tenant = null } = plan;
  // Run ids may be chosen: those of another state root are other runs.
  const hash = sha256(JSON.stringify([state, pipeline, tenant, runId, task, attempt])).slice(0, 12);
  const word = task.replace(/[^a-z0-9]+/g, "-").slice(0, longestJobName - hash.length - 1);
  return `${word.replace(/-+$/, "")}-${hash}`;
}

/**
 * Name of the ConfigMap and the Secret that go with a Job of that mark: those of one that had its name before may be there longer
 * than it was.
 */
export function companionName(job: string, mark: string): string {
  return `${job}-${sha256(mark).slice(0, 8)}`;
}

export function attemptLabels(
  plan: Plan,
  { runId, task, attempt }: Pick<TaskInvocation, "runId" | "task" | "attempt">,
): Record<string, string> {
  return { ...labelsOf(plan, "task", task), [keys.run]: labelValue(runId), [keys.attempt]: String(attempt) };
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
