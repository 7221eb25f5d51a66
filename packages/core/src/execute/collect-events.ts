import type { EventSink, RunEvent } from "../run/events.ts";

/** Keeps events for an answer that may not be larger than some bytes. */
export interface EventCollector {
  readonly emit: EventSink;
  /** Plain JSON of at most that size. */
  answer(): CollectedEvents;
}

/** Events as they travel back. */
export interface CollectedEvents {
  readonly events: readonly RunEvent[];
  /** How many have no place among `events`: logs first, the oldest first. */
  readonly leftOut: number;
}

/** A collector that keeps `maxBytes` of JSON. Progress is not kept: it is of no use afterwards. */
export function collectEvents(maxBytes: number): EventCollector {
  let kept: { readonly event: RunEvent; readonly bytes: number }[] = [];
  let total = 0;
  let leftOut = 0;
  const room = maxBytes - JSON.stringify({ events: [], leftOut: Number.MAX_SAFE_INTEGER }).length;

  function drop(isDropped: (event: RunEvent) => boolean): void {
    // Somewhat more than needed, so that not every further event goes through all of them again.
    const wanted = room * 0.8;
    kept = kept.filter(({ event, bytes }) => {
      if (total <= wanted || !isDropped(event)) return true;
      total -= bytes;
      leftOut++;
      return false;
    });
  }

  return {
    emit(event) {
      if (event.type === "task.progress") return;
      const bytes = new TextEncoder().encode(JSON.stringify(event)).length + 1;
      kept.push({ event, bytes });
      total += bytes;
      if (total > room) drop(({ type }) => type === "log");
      if (total > room) drop((one) => one !== event);
      if (total > room) drop(() => true);
    },
    answer: () => ({ events: kept.map(({ event }) => event), leftOut }),
  };
}
