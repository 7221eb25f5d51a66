import { Readable, type Writable } from "node:stream";
import type { RunEvent } from "@glacier/core";
import { beforeEach, expect, it, vi } from "vitest";
import type { Cluster } from "./cluster.ts";
import { createLogReader, followLog } from "./logs.ts";

const mark = "@mark ";
let heard: string[];
let reader: ReturnType<typeof createLogReader>;

beforeEach(() => {
  heard = [];
  reader = createLogReader({
    mark,
    event: (event) => heard.push(`event ${(event as unknown as { n: number }).n}`),
    line: (text) => heard.push(text),
  });
});

const event = (number: number) => `${mark}${JSON.stringify({ event: { n: number } as unknown as RunEvent, number })}`;
const read = (...lines: string[]) => {
  reader.begin();
  for (const line of lines) reader.take(line);
};

it("tells events from the task's own lines, also where a line end is missing between them", () => {
  read("hello", event(1), `half${event(2)}`, `${mark}{"done":true,"number":3}`);
  expect(heard).toEqual(["hello", "event 1", "half", "event 2"]);
  expect(reader.answer()).toMatchObject({ done: true });
});

it("a log that is opened again is told from where it broke off", () => {
  read("a", event(1), "b");
  read("a", event(1), "b", "c", event(2), "d");
  read("a", event(1), "b", "c", event(2), "d", event(3));
  expect(heard).toEqual(["a", "event 1", "b", "c", "event 2", "d", "event 3"]);
});

it("a log whose beginning was thrown away is told from what is left", () => {
  read(event(1), event(2));
  read(event(5), "after", event(6));
  expect(heard).toEqual(["event 1", "event 2", "event 5", "after", "event 6"]);
});

it("a message that something wrote into is a line", () => {
  read(`${mark}{"event":broken`);
  expect(heard).toEqual([`${mark}{"event":broken`]);
});

it("a connection that breaks is opened again, and each line told once", async () => {
  const told: string[] = [];
  const logs = [
    Readable.from(
      (async function* () {
        yield "one\n";
        throw new TypeError("terminated");
      })(),
    ),
    Readable.from(["one\ntwo\n", `${mark}${JSON.stringify({ number: 1, done: true })}\n`]),
  ];
  class Log {
    async log(_namespace: string, _pod: string, _container: string, output: Writable): Promise<AbortController> {
      logs.shift()?.pipe(output);
      return new AbortController();
    }
  }
  const cluster = { namespace: "tasks", sdk: { Log } } as unknown as Cluster;
  const log = followLog(cluster, "pod", { mark, event: () => {}, line: (text) => void told.push(text) });
  await vi.waitUntil(() => log.answer() !== undefined);
  log.stop();
  expect(told).toEqual(["one", "two"]);
});
