import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";

/** Milliseconds between two looks at a process's memory. */
const interval = 50;

const pageBytes = 4096;

/**
 * Kills a process whose memory (buffers and native memory too, which V8's own limit doesn't count) grows over `limit` MiB.
 * Only Linux tells from outside; elsewhere V8's limit on the heap is all there is.
 */
export function watchMemory(child: ChildProcess, limit: number): { exceeded(): number | undefined; stop(): void } {
  let used: number | undefined;
  const timer = setInterval(async () => {
    const now = await residentMiB(child.pid);
    if (now === undefined || now <= limit || used !== undefined) return;
    used = now;
    child.kill("SIGKILL");
  }, interval);
  timer.unref();
  return { exceeded: () => used, stop: () => clearInterval(timer) };
}

async function residentMiB(pid: number | undefined): Promise<number | undefined> {
  if (process.platform !== "linux" || pid === undefined) return undefined;
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1]);
    return (pages * pageBytes) / 1_048_576;
  } catch {
    return undefined; // it is gone
  }
}
