import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { GlacierError } from "@glacier/core";
import { throwIfAborted } from "@glacier/core/adapter";
import { isFsError } from "./errors.ts";
import { host, isDead } from "./temp.ts";

/** How patient a lock is, in milliseconds. */
export interface Patience {
  /** How long to wait for others before `UNAVAILABLE`. */
  readonly wait: number;
  /** A lock that hasn't changed for this long is stale, even if its process lives (its thread may not). */
  readonly lease: number;
}

const patience: Patience = { wait: 15_000, lease: 5_000 };

/**
 * Runs `change` while no other thread or process holds the lock file `path`. `change` is synchronous, so a lock is held
 * for microseconds and tasks of one thread never meet. It calls `assertHeld` right before it publishes: a process that
 * was suspended for half a lease gives up instead. The lock of a dead process is taken over at once.
 * Errors: `UNAVAILABLE`, `CANCELLED`, and those of `change`.
 */
export async function withLock<T>(
  path: string,
  change: (assertHeld: () => void) => T,
  options: { readonly signal?: AbortSignal | undefined; readonly patience?: Patience } = {},
): Promise<T> {
  const { wait, lease } = options.patience ?? patience;
  const seen: Sightings = new Map();
  const started = performance.now();
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    throwIfAborted(options.signal);
    const lock = tryLock(path, lease, seen);
    if (lock !== undefined) {
      try {
        return change(() => {
          if (lock.age() > lease / 2) throw busy(path, "this process was suspended while it held the lock");
        });
      } finally {
        lock.release();
      }
    }
    if (performance.now() - started > wait) throw busy(path, `other writers held the lock for ${wait} ms`);
    await delay(pause * (0.5 + Math.random()));
  }
}

/** Locks that were seen in other hands: which one, and since when. */
export type Sightings = Map<string, { readonly identity: string; readonly since: number }>;

interface Lock {
  /** Milliseconds since it was taken. */
  age(): number;
  release(): void;
}

function tryLock(path: string, lease: number, seen: Sightings): Lock | undefined {
  const owner = `${host} ${process.pid} ${randomBytes(8).toString("hex")}`;
  const taken = performance.now();
  try {
    writeFileSync(path, owner, { flag: "wx" });
  } catch (error) {
    // Windows answers EPERM or EBUSY while a deleted file is still open somewhere.
    if (!isFsError(error, "EEXIST") && !(process.platform === "win32" && isFsError(error, "EPERM", "EBUSY")))
      throw error;
    const found = look(path);
    if (found !== undefined && isStale(path, found, lease, seen)) takeOver(path, found, lease, seen);
    return undefined;
  }
  const age = (): number => performance.now() - taken;
  return {
    age,
    release() {
      if (age() < lease / 2 || look(path)?.content === owner) remove(path);
    },
  };
}

/**
 * Removes a stale lock. Of all that want to, the one that holds the lock *on the lock* may, and only while it is still
 * the same: so a lock that somebody took meanwhile is never removed.
 */
export function takeOver(path: string, stale: Sighting, lease: number, seen: Sightings = new Map()): void {
  const claim = tryLock(`${path}~`, lease, seen);
  if (claim === undefined) return;
  try {
    if (look(path)?.identity === stale.identity) remove(path);
  } finally {
    claim.release();
  }
}

function isStale(path: string, found: Sighting, lease: number, seen: Sightings): boolean {
  const [on = "", pid = ""] = found.content.split(" ");
  if (isDead(on, Number(pid))) return true;
  const before = seen.get(path);
  if (before?.identity === found.identity) return performance.now() - before.since > lease;
  seen.set(path, { identity: found.identity, since: performance.now() });
  return false;
}

/** A lock in somebody's hands. */
export interface Sighting {
  readonly content: string;
  readonly identity: string;
}

/** The lock as it is now, or undefined where there is none. */
export function look(path: string): Sighting | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (isFsError(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const { ino, mtimeNs } = fstatSync(file, { bigint: true });
    const content = readFileSync(file, "utf8");
    return { content, identity: `${ino}:${mtimeNs}:${content}` };
  } finally {
    closeSync(file);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isFsError(error, "ENOENT")) throw error;
  }
}

function busy(path: string, why: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `can't lock ${path}: ${why}`,
    hint: "Try again. If no other process is writing, delete that lock file.",
  });
}
