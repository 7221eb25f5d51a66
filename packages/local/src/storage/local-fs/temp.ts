import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fold } from "./case.ts";
import { reserved } from "./key.ts";

/** Untouched for this long, a temp file is stale whoever made it. Milliseconds. */
const abandoned = 24 * 60 * 60 * 1000;

/** Where a pid means something: this machine and, on Linux, this pid namespace (a container has its own). */
export const host: string = digest(`${hostname()} ${pidNamespace()}`).slice(0, 8);

/** A new name for a file that is being written. It says who writes it; its case shows what the disk makes of case. */
export function tempName(): string {
  return `${reserved}T~${host}~${process.pid}~${randomBytes(8).toString("hex")}`;
}

/** The name of the lock of `name`; names that some disk may take for the same have the same lock. */
export function lockName(name: string): string {
  return `${reserved}l~${digest(fold(name)).slice(0, 16)}`;
}

/** Whether a process that wrote `on` a host can't be there any more. */
export function isDead(on: string, pid: number): boolean {
  if (on !== host || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/**
 * Removes temp files that dead processes left. A folder is read again only after as many writes as it has entries / 64,
 * so that the cost per write stays small in a large folder.
 */
export function createSweeper(): (folder: string) => Promise<void> {
  const writesUntilNext = new Map<string, number>();
  return async (folder) => {
    const left = writesUntilNext.get(folder) ?? 0;
    if (left > 0) {
      writesUntilNext.set(folder, left - 1);
      return;
    }
    const names = await readdir(folder).catch(() => []);
    if (writesUntilNext.size > 10_000) writesUntilNext.clear();
    writesUntilNext.set(folder, Math.floor(names.length / 64));
    for (const name of names) {
      if (name.toLowerCase().startsWith(`${reserved}t~`) && (await isStale(folder, name)))
        await unlink(join(folder, name)).catch(() => {});
    }
  };
}

async function isStale(folder: string, name: string): Promise<boolean> {
  const [, , on = "", pid = ""] = name.split("~");
  if (isDead(on, Number(pid))) return true;
  const info = await lstat(join(folder, name)).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > abandoned;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
