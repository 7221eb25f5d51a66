import { expect, it } from "vitest";
import {
  createRegistry,
  GlacierError,
  type Registry,
  type RunEvent,
  readJournal,
  type StorageFactory,
} from "../src/index.ts";
import { openJournal } from "../src/run/journal.ts";
import { createWorld } from "./memory.ts";

const of = { pipeline: "p", state: { kind: "state" } };
const log = (message: string): RunEvent => ({
  type: "log",
  runId: "r",
  time: 1,
  task: "t",
  attempt: 1,
  level: "info",
  message,
});

/** A registry whose storage loses the answer to each first write of a key, asks again, and finds the object there. */
function losingAnswers() {
  const [provider] = createWorld().executor.providers ?? [];
  const make = provider?.storage?.["state"] as StorageFactory;
  const written: string[] = [];
  const state: StorageFactory = (resource) => {
    const adapter = make(resource);
    return {
      ...adapter,
      async write(key, body, options) {
        await adapter.write(key, body, options);
        written.push(key);
        throw new GlacierError("PRECONDITION_FAILED", { message: `${key} exists`, hint: "test" });
      },
    };
  };
  return { written, registry: createRegistry([{ name: "losing", contract: 1, storage: { state } }]) };
}

async function eventsOf(registry: Registry): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readJournal(of, "r", registry)) events.push(event);
  return events;
}

it.each([
  ["a run's own", undefined, ""],
  ["an attempt's", "000001.t.1", "000001.t.1."],
])("%s segment whose answer was lost is not written again under the next number", async (_, writer, stem) => {
  const { written, registry } = losingAnswers();
  const journal = openJournal(of, "r", registry, { writer, flushAfter: 0 });
  for (const message of ["one", "two"]) {
    journal.append(log(message));
    await journal.flush();
  }
  await journal.close();
  expect(written).toEqual([`runs/p/r/${stem}000001.ndjson`, `runs/p/r/${stem}000002.ndjson`]);
  const events = await eventsOf(registry);
  expect(events).toEqual([log("one"), log("two")]);
});

it("a number that another writer took is left to it", async () => {
  const world = createWorld();
  const registry = createRegistry(world.executor.providers ?? []);
  const journal = openJournal(of, "r", registry);
  journal.append(log("mine"));
  await journal.flush();
  world.put("state/runs/p/r/000002.ndjson", `${JSON.stringify(log("theirs"))}\n`);
  journal.append(log("mine, too"));
  await journal.close();
  const events = await eventsOf(registry);
  expect(events).toEqual([log("mine"), log("theirs"), log("mine, too")]);
});
