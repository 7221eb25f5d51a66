import { createStore, type Plan, type Registry, type RunEvent } from "@glacier/core";
import { runsPrefix } from "@glacier/core/compile";

/** What attempts elsewhere said of themselves, as far as it was read. */
export interface Segments {
  /** Reads all that is new. Whatever was written before the call is there after it. */
  refresh(): Promise<void>;
  /** Takes what was read of an attempt; each event is handed out once. */
  take(task: string, attempt: number): readonly RunEvent[];
}

/** Segments read at a time. */
const readers = 16;

/**
 * Opens the parts of a run's journal that its attempts write (`attemptWriter` of `@glacier/core/compile`). `group` is what
 * their names begin with; without it all of the run's.
 */
export function openSegments(plan: Plan, runId: string, registry: Registry, group = ""): Segments {
  const store = createStore(registry.storage(plan.state));
  const prefix = `${runsPrefix(plan)}${runId}/${group}`;
  const seen = new Set<string>();
  const held = new Map<string, RunEvent[]>();
  let last: Promise<void> = Promise.resolve();

  async function readNew(): Promise<void> {
    const found: { readonly key: string; readonly attempt: string }[] = [];
    for await (const { key } of store.list(prefix)) {
      const attempt = /^\d*\.([^./]+\.\d+)\.\d+\.ndjson$/.exec(key.slice(prefix.length))?.[1];
      if (attempt !== undefined && !seen.has(key)) found.push({ key, attempt });
    }
    for (let at = 0; at < found.length; at += readers) {
      const batch = found.slice(at, at + readers);
      const texts = await Promise.all(batch.map(({ key }) => store.readBytes(key)));
      batch.forEach(({ key, attempt }, i) => {
        seen.add(key);
        const events = held.get(attempt) ?? [];
        for (const line of new TextDecoder().decode(texts[i]).split("\n"))
          if (line !== "") events.push(JSON.parse(line));
        held.set(attempt, events);
      });
    }
  }

  return {
    refresh() {
      // Not shared with a call before: that one may have passed a key already that is new now.
      last = last.catch(() => {}).then(readNew);
      return last;
    },
    take(task, attempt) {
      const id = `${task}.${attempt}`;
      const events = held.get(id) ?? [];
      held.delete(id);
      return events;
    },
  };
}

/** Whether an event is an attempt's own to tell; how it went is for whoever started it. */
export function isOwn({ type }: RunEvent): boolean {
  return type === "dataset.read" || type === "dataset.written" || type === "log";
}
