import { deserializeError, GlacierError, type PlanTask, type RunEvent } from "@glacier/core";
import { sleep } from "@glacier/core/execute";
import { apiError } from "./api-errors.ts";
import type { Cluster } from "./cluster.ts";
import { insist } from "./insist.ts";
import { followLog, type PodLog } from "./logs.ts";
import { outOfMemory, type PodState, pullErrorOf, stateOf } from "./pod-state.ts";
import type { PodAnswer } from "./protocol.ts";
import { deleteJob, findJob, type JobAttempt, startJob, stuck } from "./start-job.ts";
import type { RunWatch } from "./watch.ts";

/** Where an attempt runs, and what takes what it tells. */
export interface JobSite {
  readonly cluster: Cluster;
  readonly watch: RunWatch;
  /** Seconds that its pod may wait for room, quota or its image. */
  readonly pendingTimeout: number;
  readonly signal: AbortSignal;
  event(event: RunEvent): void;
  line(text: string): void;
  /** The last lines of what was logged, secrets masked. */
  lastWords(): string;
  /** What the cluster is doing before the task's own code runs. */
  note(text: string): void;
}

/** What V8 says when its heap is full. */
const heapIsFull = /heap out of memory|ERR_WORKER_OUT_OF_MEMORY/;

/**
 * Runs one attempt as a Job, follows it to its end and deletes it; when the signal fires, it is deleted and waited for.
 * Errors: the attempt's own; `OUT_OF_MEMORY`, `IMAGE_UNAVAILABLE`, `UNSCHEDULABLE`, `EVICTED`, `TASK_TIMEOUT`, `TASK_CRASHED`, those
 * of `apiError`, the signal's reason.
 */
export async function runJob(attempt: JobAttempt, site: JobSite): Promise<void> {
  const { signal, cluster, event, line, lastWords } = site;
  const { task } = attempt;
  signal.throwIfAborted();
  let log: PodLog | undefined;
  try {
    const { uid, mark } = await startJob(attempt, signal, cluster);
    const listen = (pod: string): PodLog => (log ??= followLog(cluster, pod, { mark, event, line }));
    const end = await untilEnd(attempt, uid, site, listen);
    // A container that never started has no log.
    if (end.pod !== undefined && end.exitCode !== undefined) await listen(end.pod).end();
    settle(end, log?.answer() ?? parse(end.message), lastWords(), task);
  } finally {
    log?.stop();
    await remove(attempt, site);
  }
}

type End = Extract<PodState, { kind: "ended" }>;

async function untilEnd(
  { name, task }: JobAttempt,
  uid: string,
  { cluster, note, pendingTimeout, watch, signal }: JobSite,
  listen: (pod: string) => PodLog,
): Promise<End> {
  let pullError: string | undefined;
  let noted: string | undefined;
  let seen = false;
  let late = false;
  let wake: () => void = () => {};
  const stopListening = watch.onChange(() => wake());
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort, { once: true });
  const limit = setTimeout(() => {
    late = true;
    wake();
  }, pendingTimeout * 1000);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal.throwIfAborted();
      const look = watch.look({ name, uid });
      pullError = pullErrorOf(look.pod) ?? pullError;
      const state = stateOf(look, task, pullError);
      const lost = look.pod === undefined || (state.kind === "ended" && state.error?.code === "EVICTED");
      const isThere = look.job !== undefined && look.job.metadata?.deletionTimestamp === undefined;
      if (seen && !isThere && lost) throw deleted(name, task);
      seen ||= isThere;
      if (state.kind === "ended") {
        // The watch of pods may be behind that of Jobs.
        if (look.pod !== undefined || !(await hasPod(uid, cluster))) return state;
      } else if (state.kind === "running") {
        clearTimeout(limit);
        listen(state.pod);
      } else if (late) throw state.error;
      const said = look.trouble ?? (state.kind === "waiting" ? state.note : undefined);
      if (said !== undefined && said !== noted) note(said);
      noted = said;
      await changed;
    }
  } finally {
    clearTimeout(limit);
    signal.removeEventListener("abort", onAbort);
    stopListening();
  }
}

async function hasPod(job: string, cluster: Cluster): Promise<boolean> {
  const { namespace, core } = cluster;
  const labelSelector = `controller-uid=${job}`;
  try {
    const { items } = await insist(() => core.listNamespacedPod({ namespace, labelSelector }));
    return items.length > 0;
  } catch (error) {
    throw apiError(error, cluster, { what: "list pods" });
  }
}

/** What became of the attempt: its own word counts, except where it could only see that a process of its was killed. */
function settle(end: End, answer: PodAnswer | undefined, lastWords: string, task: PlanTask): void {
  if (answer !== undefined && "done" in answer) return;
  if (answer !== undefined) {
    const own = deserializeError(answer.failed);
    throw end.error?.code === "OUT_OF_MEMORY" && own.code === "COMMAND_FAILED" ? end.error : own;
  }
  if (end.error !== undefined) throw end.error;
  if (heapIsFull.test(lastWords)) throw outOfMemory(task, end.exitCode);
  throw crashed(task, end.exitCode, lastWords);
}

/** Milliseconds: a pod's grace, four times over. */
const longestDeletion = 120_000;

/** Deletes the Job. Where it was stopped, until all of it is gone: nothing of it may write any more. */
async function remove({ name, task }: JobAttempt, { signal, cluster, watch }: JobSite): Promise<void> {
  try {
    await deleteJob(name, cluster);
    // A Job that is deleted in the foreground goes after its pod.
    const since = Date.now();
    while (signal.aborted && (await findJob(name, cluster)) !== undefined) {
      if (Date.now() - since > longestDeletion) throw stuck(name, task.name);
      await nextChange(watch);
    }
  } catch (error) {
    if (!signal.aborted) return; // the cluster itself removes what has finished
    throw apiError(error, cluster, { what: `delete the Job of task "${task.name}"`, context: { task: task.name } });
  }
}

/** Or a second, where the watch is just being begun again. */
async function nextChange(watch: RunWatch): Promise<void> {
  const changed = new AbortController();
  const stop = watch.onChange(() => changed.abort());
  await sleep(1000, changed.signal).catch(() => {});
  stop();
}

function parse(message: string | undefined): PodAnswer | undefined {
  try {
    const answer = JSON.parse(message ?? "") as PodAnswer;
    return "done" in answer || "failed" in answer ? answer : undefined;
  } catch {
    return undefined;
  }
}

function crashed({ name }: PlanTask, exitCode: number | undefined, lastWords: string): GlacierError {
  const last = lastWords.split("\n").slice(-5).join("\n");
  const how = exitCode === undefined ? "its pod ended" : `its pod ended with exit code ${exitCode}`;
  return new GlacierError("TASK_CRASHED", {
    message: `task "${name}": ${how} before it answered${last === "" ? "" : `:\n${last}`}`,
    hint: "Look for process.exit() or an unhandled rejection in the task's code or its libraries; its log has the last words.",
    context: { task: name, ...(exitCode !== undefined && { exitCode }) },
  });
}

function deleted(job: string, { name }: PlanTask): GlacierError {
  return new GlacierError("TASK_CRASHED", {
    message: `task "${name}": somebody else deleted its Job ${job}`,
    hint: "Two processes may be running the same run; let one of them end.",
    context: { task: name },
  });
}
