import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { Registry } from "../provider/registry.ts";
import { readAll } from "../stream/bytes.ts";
import type { EventSink, RunEvent, RunStatus } from "./events.ts";
import { runsPrefix, type StateOf, stateStore } from "./state.ts";

/** Writes a run's events as they come. */
export interface Journal {
  readonly append: EventSink;
  /** Writes what is left. Rejects with the error of the first segment that could not be written. */
  close(): Promise<void>;
}

/** Milliseconds between an event and its segment, and events that make a segment at once. */
const flushAfter = 250;
const segmentLength = 10_000;

/**
 * Opens the journal of a run: append-only NDJSON of {@link RunEvent}s. Object stores can't append, so it is a folder of
 * numbered segments (`runs/<pipeline>/<runId>/000001.ndjson`), each created once and never changed.
 */
export function openJournal(of: StateOf, runId: string, registry: Registry): Journal {
  const store = stateStore(of, registry);
  const folder = `${runsPrefix(of)}${runId}/`;
  let pending: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let next: number | undefined;
  let failure: { error: unknown } | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function writeSegment(events: readonly RunEvent[]): Promise<void> {
    const body = new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    next ??= (await lastSegment()) + 1;
    for (;;) {
      try {
        await store.writeBytes(`${folder}${String(next++).padStart(6, "0")}.ndjson`, body, {
          ifNoneMatch: "*",
          contentType: "application/x-ndjson",
        });
        return;
      } catch (error) {
        if (!isGlacierError(error, "PRECONDITION_FAILED")) throw error;
      }
    }
  }

  async function lastSegment(): Promise<number> {
    let last = 0;
    for await (const { key } of store.list(folder))
      last = Math.max(last, Number.parseInt(key.slice(folder.length), 10) || 0);
    return last;
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const events = pending;
    pending = [];
    writing = writing
      .then(() => (failure === undefined ? writeSegment(events) : undefined))
      .catch((error: unknown) => {
        failure ??= { error };
      });
  }

  return {
    append(event) {
      if (event.type === "task.progress") return;
      pending.push(event);
      if (pending.length >= segmentLength || event.type === "run.started") flush();
      else timer ??= setTimeout(flush, flushAfter);
    },
    async close() {
      flush();
      await writing;
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** The events of a run, in order, of all its segments. Errors: `RUN_NOT_FOUND`. */
export async function* readJournal(of: StateOf, runId: string, registry: Registry): AsyncGenerator<RunEvent> {
  const store = stateStore(of, registry);
  const folder = `${runsPrefix(of)}${checkRunId(runId)}/`;
  let found = false;
  for await (const { key } of store.list(folder)) {
    found = true;
    const text = new TextDecoder().decode(await readAll((await store.read(key)).body));
    for (const line of text.split("\n")) if (line !== "") yield JSON.parse(line);
  }
  if (!found) {
    throw new GlacierError("RUN_NOT_FOUND", {
      message: `pipeline "${of.pipeline}" has no run ${runId}`,
      hint: "`glacier runs` lists the runs that are there; a tenant's runs need the same tenant.",
      context: { pipeline: of.pipeline, runId },
    });
  }
}

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

/** Run ids are object keys: `RUN_NOT_FOUND` for what can't be one. */
export function checkRunId(runId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(runId)) return runId;
  throw new GlacierError("RUN_NOT_FOUND", {
    message: `${JSON.stringify(runId.slice(0, 100))} is not a run id`,
    hint: "Run ids are letters, digits, - and _, up to 100 of them; `glacier runs` lists them.",
  });
}

/** A new run id: sortable by start, unique by its random tail. */
export function newRunId(): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return `${new Date()
    .toISOString()
    .replace(/[-:]/g, "")
    .replace(/\.\d+Z$/, "")}-${random}`;
}
