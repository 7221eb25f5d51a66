import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "vitest";
import { noise, watched } from "../bodies.ts";
import type { Subject } from "../subject.ts";

const mebibyte = 1024 * 1024;

/** What a test process's own memory may change by meanwhile. Bytes. */
const slack = 16 * mebibyte;

export const pressure = {
  async "no chunk is asked for before the last one is there"({ adapter, large }: Subject): Promise<void> {
    const source = watched(async (i) => {
      await new Promise(setImmediate);
      return i < 20 ? noise(i === 10 ? large : 100_000) : undefined;
    });
    expect((await adapter.write("k", source)).size).toBe(19 * 100_000 + large);
    expect(source.overlapped, "next() was called while the last call hadn't answered").toBe(false);
  },

  /**
   * Whether a chunk is still referenced says little, since an adapter may keep copies. So this looks at the memory of the
   * process itself, after a full collection, while a body passes that is more than twice as large as what is allowed.
   */
  async "a write holds no more of a larger body than it may"({ adapter, maxBuffered }: Subject): Promise<void> {
    const chunk = 256 * 1024;
    const chunks = Math.ceil((2 * maxBuffered + 64 * mebibyte) / chunk);
    const before = held();
    let most = 0;
    const source = watched((i) => {
      if (i > 0 && i % Math.ceil(chunks / 6) === 0) most = Math.max(most, held() - before);
      if (i === chunks) most = Math.max(most, held() - before);
      return i < chunks ? new Uint8Array(chunk) : undefined;
    });
    expect((await adapter.write("k", source)).size).toBe(chunks * chunk);
    expect(most, "bytes held").toBeLessThan(maxBuffered + slack);
  },
};

/** Bytes that this process needs now: JavaScript's heap, and its buffers outside of it. */
function held(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect(); // buffers that the first found unused are released by the second
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
