import { GlacierError, isGlacierError } from "../errors/index.ts";
import type { Registry } from "../provider/registry.ts";
import type { Store } from "../storage/store.ts";
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
const usualFlush = 250;
const segmentLength = 10_000;

/** How a journal is written. */
export interface JournalOptions {
  /**
   * One of several writers, each with a name of its own that begins with a number they share: its segments are
   * `<writer>.000001.ndjson`. See `attemptWriter`. Default: the only writer of the run.
   */
  readonly writer?: string | undefined;
  /** Milliseconds between an event and its segment. */
  readonly flushAfter?: number | undefined;
}

/**
 * Opens the journal of a run: append-only NDJSON of {@link RunEvent}s. Object stores can't append, so it is a folder of
 * numbered segments (`runs/<pipeline>/<runId>/000001.ndjson`), each created once and never changed.
 */
export function openJournal(
  of: StateOf,
  runId: string,
  registry: Registry,
  { writer, flushAfter = usualFlush }: JournalOptions = {},
): Journal {
  const store = stateStore(of, registry);
  const folder = `${runsPrefix(of)}${runId}/`;
  const stem = writer === undefined ? folder : `${folder}${writer}.`;
  let pending: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let next: number | undefined;
  let failure: { error: unknown } | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function writeSegment(events: readonly RunEvent[]): Promise<void> {
    const body = new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    next ??= writer === undefined ? (await lastSegment(of, runId, registry)) + 1 : 1;
    for (;;) {
      const key = `${stem}${segmentNumber(next++)}.ndjson`;
      try {
        await store.writeBytes(key, body, {
          ifNoneMatch: "*",
          contentType: "application/x-ndjson",
        });
        return;
      } catch (error) {
        if (!isGlacierError(error, "PRECONDITION_FAILED")) throw error;
        // An adapter that asks again after a lost answer finds what it wrote itself; an attempt that is started twice, what the other wrote.
        const there = await store.readBytes(key).catch(() => undefined);
        if (there !== undefined && sameBytes(there, body)) return;
      }
    }
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
      if (pending.length >= segmentLength || isStart(event, writer)) flush();
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

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** What is written at once: a crash right after it must leave it there. */
function isStart({ type }: RunEvent, writer: string | undefined): boolean {
  return type === "run.started" || (writer !== undefined && type === "attempt.started");
}

/** The number of a run's newest segment; 0 where it has none. */
export async function lastSegment(of: StateOf, runId: string, registry: Registry): Promise<number> {
  const folder = `${runsPrefix(of)}${runId}/`;
  let last = 0;
  for await (const { key } of stateStore(of, registry).list(folder))
    last = Math.max(last, Number.parseInt(key.slice(folder.length), 10) || 0);
  return last;
}

/** The part of a segment's name that orders it. */
export function segmentNumber(number: number): string {
  return String(number).padStart(6, "0");
}

/**
 * The events of a run, in order, of all its segments. Those of writers that were at work side by side come in the order of
 * their times. Errors: `RUN_NOT_FOUND`.
 */
export async function* readJournal(of: StateOf, runId: string, registry: Registry): AsyncGenerator<RunEvent> {
  const store = stateStore(of, registry);
  const folder = `${runsPrefix(of)}${checkRunId(runId)}/`;
  let number: number | undefined;
  let together: string[] = [];
  for await (const { key } of store.list(folder)) {
    const name = key.slice(folder.length);
    if (name.includes("/")) continue; // see `attemptWriter`
    const next = Number.parseInt(name, 10);
    if (number !== undefined && next !== number) {
      yield* readSegments(store, together);
      together = [];
    }
    number = next;
    together.push(key);
  }
  yield* readSegments(store, together);
  if (number === undefined) {
    throw new GlacierError("RUN_NOT_FOUND", {
      message: `pipeline "${of.pipeline}" has no run ${runId}`,
      hint: "`glacier runs` lists the runs that are there; a tenant's runs need the same tenant.",
      context: { pipeline: of.pipeline, runId },
    });
  }
}

/** Segments read at a time. */
const readers = 16;

async function* readSegments(store: Store, keys: readonly string[]): AsyncGenerator<RunEvent> {
  const events: RunEvent[] = [];
  for (let at = 0; at < keys.length; at += readers) {
    const texts = await Promise.all(keys.slice(at, at + readers).map((key) => store.readBytes(key)));
    for (const text of texts) {
      for (const line of new TextDecoder().decode(text).split("\n")) if (line !== "") events.push(JSON.parse(line));
    }
  }
  // A single segment is in order already, whatever its writer's clock did.
  yield* keys.length > 1 ? events.sort((a, b) => a.time - b.time) : events;
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
