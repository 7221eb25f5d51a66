import { readdirSync } from "node:fs";
import { expect, vi } from "vitest";
import { body, noise } from "../bodies.ts";
import { bytesOf, expectBytes, keysOf, patience, sideBySide } from "../calls.ts";
import type { Subject } from "../subject.ts";

const size = 8_000_000;
/** Times that something is left early; without a release each leaves a handle behind. */
const times = 30;
/** Handles that a pool of connections may keep, and what else the process opens meanwhile. */
const kept = 10;

export const releases = {
  async "leaving a read early releases it"(subject: Subject): Promise<void> {
    await expectReleased(subject, async ({ adapter }) => {
      for await (const _chunk of (await adapter.read("k")).body) break;
    });
  },

  async "a read that is returned before its first chunk is released"(subject: Subject): Promise<void> {
    await expectReleased(subject, async ({ adapter }) => {
      const { body: stream } = await adapter.read("k");
      await stream[Symbol.asyncIterator]().return?.();
    });
  },

  async "the signal releases a read that nobody goes on with"(subject: Subject): Promise<void> {
    await expectReleased(subject, async ({ adapter }) => {
      const unread = new AbortController();
      await adapter.read("k", { signal: unread.signal });
      unread.abort();
      const begun = new AbortController();
      const { body: stream } = await adapter.read("k", { signal: begun.signal });
      await stream[Symbol.asyncIterator]().next();
      begun.abort();
    });
  },

  async "reads and writes that fail are released"(subject: Subject): Promise<void> {
    await expectReleased(subject, async ({ adapter }) => {
      await adapter.read("missing").catch(() => {});
      await adapter.read("k", { ifMatch: "another" }).catch(() => {});
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield noise(100_000);
        throw new Error("mine");
      };
      await adapter.write("k", broken()).catch(() => {});
    });
  },

  async "leaving a listing early releases it"(subject: Subject): Promise<void> {
    const keys = Array.from({ length: 50 }, (_, i) => `many/${i % 5}/${i}`);
    await sideBySide(keys, (key) => subject.adapter.write(key, body("x")));
    await expectReleased(subject, async ({ adapter }) => {
      for await (const _info of adapter.list("many/", { pageSize: 10 })) break;
    });
    expect(await keysOf(subject.adapter, "many/")).toHaveLength(50);
  },
};

/** Leaves something early again and again; what that holds must not add up, and the adapter must go on to work. */
async function expectReleased(subject: Subject, leave: (subject: Subject) => Promise<void>): Promise<void> {
  const { adapter } = subject;
  const bytes = noise(size);
  await adapter.write("k", body(bytes));
  await leave(subject);
  const before = handles();
  for (let i = 0; i < times; i++) await leave(subject);
  expectBytes(await bytesOf(adapter, "k"), bytes);
  await vi.waitFor(() => expect(handles(), "open files and sockets").toBeLessThan(before + kept), patience);
}

/** Open files and sockets of this process; where the system doesn't tell, those that Node is waiting for. */
function handles(): number {
  if (process.platform === "linux") return readdirSync("/proc/self/fd").length;
  return process.getActiveResourcesInfo().filter((kind) => /Wrap$|FileHandle/.test(kind)).length;
}
