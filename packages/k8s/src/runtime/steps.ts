import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GlacierError, type Json } from "@glacier/core";
import { beginRun, finishRun, type RemoteSource } from "@glacier/core/execute";
import { inertJson, variables } from "../deployment.ts";

/** Where the first step leaves what all tasks are told, in the folder for temporary files. */
export const runFile = "glacier-run.json";

/** The first step of a workflow: begins the run, and leaves its `RemoteRun`. Errors: those of `beginRun`. */
export async function begin(site: RemoteSource): Promise<void> {
  const run = await beginRun(site, {
    runId: runIdOf(process.env),
    params: paramsOf(process.env),
    executor: "kubernetes",
  });
  writeFileSync(join(tmpdir(), runFile), inertJson(run));
}

/** The last step, however the workflow ended. Errors: those of `finishRun`. */
export async function finish(site: RemoteSource): Promise<void> {
  await finishRun(site, { runId: runIdOf(process.env) }, failureOf(process.env[variables.failures]));
}

/** The workflow's parameter where no run id is asked for. */
export const ownRunId = "auto";

/** The run's id: the one that was asked for, else the workflow's name. Names may have dots, ids may not. */
export function runIdOf(env: NodeJS.ProcessEnv): string {
  const given = env[variables.runId];
  return given !== undefined && given !== ownRunId ? given : (env[variables.workflow] ?? "").replaceAll(".", "-");
}

function paramsOf(env: NodeJS.ProcessEnv): Json {
  try {
    return JSON.parse(env[variables.params] || "{}") as Json;
  } catch (cause) {
    throw new GlacierError("PARAMS_INVALID", {
      message: 'the workflow\'s parameter "params" is no JSON',
      hint: `Give an object: argo submit --from workflowtemplate/… -p params='{"day":"2026-01-31"}'.`,
      cause,
    });
  }
}

/** What Argo says of failed nodes: https://argo-workflows.readthedocs.io/en/latest/variables/#exit-handler */
export function failureOf(text: string | undefined): GlacierError | undefined {
  if (text === undefined || text === "" || text === "null" || text.startsWith("{{")) return undefined;
  const nodes = parse(text) as readonly { readonly displayName?: string; readonly message?: string }[];
  if (nodes.length === 0) return undefined;
  const said = nodes.map(({ displayName = "a step", message = "failed" }) => `${displayName}: ${message}`).join("; ");
  return new GlacierError("TASK_CRASHED", {
    message: `the workflow's pods ended: ${said}`,
    hint: "Look at the pods' logs (argo logs), and at the events of their namespace.",
  });
}

/** The list is quoted once more by some versions. */
function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "string") return parse(value);
    return Array.isArray(value) ? value : [];
  } catch {
    return [{ message: text }];
  }
}
