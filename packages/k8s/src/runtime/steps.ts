import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GlacierError, type Json } from "@glacier/core";
import { beginRun, finishRun, hasAttempts, type RemoteSource } from "@glacier/core/execute";
import { inertJson, variables } from "../deployment.ts";

/** Where the first step leaves what all tasks are told, in the folder for temporary files. */
export const runFile = "glacier-run.json";

/** The first step's name in its workflow. */
export const beginStep = "run--begin";

/**
 * The first step of a workflow: begins the run, and leaves its `RemoteRun`. Errors: `OPTION_INVALID` where the id is another run's,
 * those of `beginRun`.
 */
export async function begin(site: RemoteSource): Promise<void> {
  const runId = runIdOf(process.env);
  if (await hasAttempts(site, runId)) throw taken(runId);
  const run = await beginRun(site, { runId, params: paramsOf(process.env), executor: "kubernetes" });
  writeFileSync(join(tmpdir(), runFile), inertJson(run));
}

/** The last step, however the workflow ended. Errors: those of `finishRun`. */
export async function finish(site: RemoteSource): Promise<void> {
  const { env } = process;
  const runId = runIdOf(env);
  // A workflow that was refused has no part in the run that has its id.
  const beganNothing = failuresOf(env).some(({ displayName }) => displayName === beginStep);
  if (beganNothing && (await hasAttempts(site, runId))) return;
  await finishRun(site, { runId }, failureOf(env));
}

function taken(runId: string): GlacierError {
  return new GlacierError("OPTION_INVALID", {
    message: `run ${runId} is there already, and has begun tasks`,
    hint: "Submit with another run-id, or without one.",
    context: { runId },
  });
}

/** The workflow's parameter where no run id is asked for. */
export const ownRunId = "auto";

/** The run's id: the one that was asked for, else the workflow's name. Names may have dots, ids may not. */
export function runIdOf(env: NodeJS.ProcessEnv): string {
  const given = env[variables.runId];
  return given !== undefined && given !== ownRunId ? given : (env[variables.workflow] ?? "").replaceAll(".", "-");
}

/** The workflow's params. Errors: `PARAMS_INVALID`. */
export function paramsOf(env: NodeJS.ProcessEnv): Json {
  try {
    return JSON.parse(decoded(env[variables.params]) || "{}") as Json;
  } catch (cause) {
    throw new GlacierError("PARAMS_INVALID", {
      message: 'the workflow\'s parameter "params" is no JSON',
      hint: `Give an object: argo submit --from workflowtemplate/… -p params='{"day":"2026-01-31"}'.`,
      cause,
    });
  }
}

function decoded(base64 = ""): string {
  return Buffer.from(base64, "base64").toString();
}

/** Characters of the error that Argo's words make. */
const longestWords = 2000;

/** What Argo says of a workflow that failed: https://argo-workflows.readthedocs.io/en/latest/variables/#exit-handler */
export function failureOf(env: NodeJS.ProcessEnv): GlacierError | undefined {
  // The list has attempts that were tried again, too.
  if (env[variables.status] === "Succeeded") return undefined;
  const nodes = failuresOf(env);
  const said =
    nodes.map(({ displayName = "a step", message = "failed" }) => `${displayName}: ${message}`).join("; ") ||
    "Argo says no more";
  return new GlacierError("TASK_CRASHED", {
    message: `the workflow's pods ended: ${said.length > longestWords ? `${said.slice(0, longestWords)}…` : said}`,
    hint: "Look at the pods' logs (argo logs), and at the events of their namespace.",
  });
}

interface FailedNode {
  readonly displayName?: string;
  readonly message?: string;
}

function failuresOf(env: NodeJS.ProcessEnv): readonly FailedNode[] {
  return nodesOf(decoded(env[variables.failures]));
}

/** The list is a literal of Go's, and may be cut. */
function nodesOf(text: string): readonly FailedNode[] {
  if (text === "") return [];
  const list = text.startsWith('"') ? unquoted(text) : text;
  try {
    const whole = /^null$|\]$/.test(list) ? list : `${list.slice(0, list.lastIndexOf("},{"))}}]`;
    return (JSON.parse(whole) as readonly FailedNode[] | null) ?? [];
  } catch {
    return [{ message: list }];
  }
}

/** https://pkg.go.dev/strconv#Quote, as JSON: it has escapes that JSON hasn't. */
function unquoted(literal: string): string {
  return literal
    .replace(/^"|"$/g, "")
    .replace(/\\(["\\]|x7f|U[0-9a-f]{8})/g, (_, code: string) => (code.length === 1 ? code : "\ufffd"));
}
