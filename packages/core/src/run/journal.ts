import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { Registry } from "../provider/registry.ts";
import { readAll } from "../stream/bytes.ts";
import type { EventSink, RunEvent } from "./events.ts";
import { runsPrefix, type StateOf, stateStore } from "./state.ts";

/** Writes a run's events as they come. */
export interface Journal {
  readonly append: EventSink;
  /** Resolves when all so far is written, or can't be (which {@link Journal.close} says). */
  flush(): Promise<void>;
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
    async flush() {
      flush();
      await writing;
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
  return `${new Date().toISOString().replace(/[-:.Z]/g, "")}-${random}`;
}
