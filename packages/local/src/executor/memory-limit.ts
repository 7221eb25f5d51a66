import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";

/** Milliseconds between two looks at a process's memory. */
const interval = 50;

/**
 * Calls `kill` once a process needs, or needed since the last look, more than `limit` MiB: buffers and native memory too, which
 * V8's own limit doesn't count. Only Linux tells from outside; elsewhere V8's limit on the heap is all there is.
 */
export function watchMemory(
  { pid }: ChildProcess,
  limit: number,
  kill: () => void,
): { exceeded(): number | undefined; stop(): void } {
  let used: number | undefined;
  const timer = setInterval(async () => {
    const peak = await peakMiB(pid);
    if (peak === undefined || peak <= limit || used !== undefined) return;
    used = peak;
    kill();
  }, interval);
  timer.unref();
  return { exceeded: () => used, stop: () => clearInterval(timer) };
}

/** The most resident memory that a process ever had: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
async function peakMiB(pid: number | undefined): Promise<number | undefined> {
  if (process.platform !== "linux" || pid === undefined) return undefined;
  try {
    const kiB = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
    return kiB === undefined ? undefined : Number(kiB) / 1024;
  } catch {
    return undefined; // it is gone
  }
}
