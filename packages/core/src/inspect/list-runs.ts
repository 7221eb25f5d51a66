import type { Registry } from "../provider/registry.ts";
import type { RunEvent, RunStatus } from "../run/events.ts";
import { readJournal } from "../run/journal.ts";
import { runsPrefix, type StateOf, stateStore } from "../run/state.ts";

/** What a run's journal says of it, in short. */
export interface RunSummary {
  readonly runId: string;
  readonly pipeline: string;
  /** `interrupted`: neither finished nor heard of for a minute. */
  readonly status: RunStatus | "running" | "interrupted";
  /** Milliseconds since 1970-01-01 UTC. */
  readonly startedAt: number;
  readonly durationMs?: number;
  readonly tasks: { readonly done: number; readonly total: number };
  readonly error?: { readonly code: string; readonly message: string };
}

/** The runs of a pipeline, newest first. `now` in milliseconds tells a running run from one that was interrupted. */
export async function* listRuns(of: StateOf, registry: Registry, now: number): AsyncGenerator<RunSummary> {
  const store = stateStore(of, registry);
  const prefix = runsPrefix(of);
  const ids = new Set<string>();
  for await (const { key } of store.list(prefix)) ids.add(key.slice(prefix.length).split("/")[0] ?? "");
  for (const runId of [...ids].sort().reverse()) yield await summarize(of, runId, registry, now);
}

async function summarize(of: StateOf, runId: string, registry: Registry, now: number): Promise<RunSummary> {
  const done = new Set<string>();
  let total = 0;
  let startedAt: number | undefined;
  let last = 0;
  let finished: Extract<RunEvent, { type: "run.finished" }> | undefined;
  for await (const event of readJournal(of, runId, registry)) {
    last = event.time;
    startedAt ??= event.time;
    if (event.type === "run.started") {
      total = event.tasks.length;
      finished = undefined;
    } else if (event.type === "run.finished") finished = event;
    else if (event.type === "task.succeeded" || (event.type === "task.skipped" && event.reason === "committed"))
      done.add(event.task);
  }
  return {
    runId,
    pipeline: of.pipeline,
    status: finished?.status ?? (now - last > 60_000 ? "interrupted" : "running"),
    startedAt: startedAt ?? last,
    ...(finished !== undefined && { durationMs: finished.durationMs }),
    tasks: { done: done.size, total },
    ...(finished?.error !== undefined && { error: { code: finished.error.code, message: finished.error.message } }),
  };
}
