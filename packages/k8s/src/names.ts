import { createHash } from "node:crypto";
import type { Deployment } from "./deployment.ts";

/*
 * Names of everything that a cluster has of a deployment: RFC 1123 labels, the same every time, and no two alike. Parts are
 * joined by "--", which no plain part has in it; a name with a part that is not plain (`a_b`, `a-`), or that would be too
 * long, ends in a hash of its parts. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */

/** Characters of a label, and of a name that becomes one. */
export const longestName = 63;

/**
 * Characters of a Job's name: a CronJob appends 11 to its own for them.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#job-name
 */
export const longestJobName = 52;

/** Characters of a WorkflowTemplate's name: Argo appends 6 to it for workflows, whose names are labels. */
export const longestTemplateName = 57;

/** Pipeline and tenant as one name: of the namespace, and of what a deployment has one of. */
export function deploymentName({ pipeline, tenant }: Deployment, max: number = longestName): string {
  return tenant === undefined ? join([pipeline], max) : join([tenant, pipeline], max, "---");
}

/** A task's ServiceAccount. */
export function taskName(deployment: Deployment, task: string): string {
  return join([deploymentName(deployment), task], longestName);
}

/**
 * Words of the language that Argo reads `depends` in, where a task's name is a variable's.
 * https://expr-lang.org/docs/language-definition
 */
const words = new Set("and contains else false if in let matches nil not or true".split(" "));

/** A task's template in a workflow of its own deployment. */
export function templateName(task: string): string {
  return words.has(task) ? hashed(task, [task], longestName) : join([task], longestName);
}

/** Something that a deployment has one of, beside others of its kind: `<name>-<word>`. */
export function ownName(deployment: Deployment, word: string, max: number = longestName): string {
  return `${deploymentName(deployment, max - word.length - 1)}-${word}`;
}

/** A deployment's Secret, whose keys are the secrets' names. Whoever deploys makes it. */
export function secretsName(deployment: Deployment): string {
  return ownName(deployment, "secrets");
}

/** A legal value of a label: the text itself where it is one. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
export function labelValue(text: string): string {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text) ? text : hashed(text, [text], longestName);
}

const plainPart = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const endsLikeHash = /-[0-9a-f]{8}$/;

/** A deployment's name is a part that may have separators in it: that it was made here keeps it apart. */
function join(parts: readonly string[], max: number, separator = "--"): string {
  const name = parts.join(separator);
  const own = parts.slice(parts.length - 1);
  const plain = own.every((part) => plainPart.test(part) && !endsLikeHash.test(part));
  const before = parts.slice(0, -1).every((part) => /^[a-z0-9]/.test(part) && !/[^a-z0-9-]/.test(part));
  return plain && before && name.length <= max ? name : hashed(name, parts, max);
}

function hashed(name: string, parts: readonly string[], max: number): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 8);
  const stem = name
    .replace(/[^A-Za-z0-9-]+/g, "-")
    .slice(0, max - 9)
    .replace(/^-+|-+$/g, "");
  return stem === "" ? hash : `${stem}-${hash}`;
}
