import type { BigIntStats } from "node:fs";
import type { ObjectInfo } from "@glacier/core";

/** Changes at each replace: a new file has another inode, and {@link freshTime} never gives the same time twice. */
export function etagOf(stat: BigIntStats): string {
  return `${stat.size.toString(16)}-${stat.mtimeNs.toString(16)}-${stat.ino.toString(16)}`;
}

/** What a file's status says of its object. A plain file has no place for contentType and metadata. */
export function infoOf(key: string, stat: BigIntStats): ObjectInfo {
  return { key, size: Number(stat.size), etag: etagOf(stat), modified: new Date(Number(stat.mtimeMs)) };
}

/** Microseconds. */
let last = 0;

/**
 * Now in seconds, to the microsecond and later than each answer before. A file system's own clock may stand still for
 * 10 ms while inode numbers are used again, so that two versions of one size could not be told apart.
 */
export function freshTime(): number {
  last = Math.max(Math.floor((performance.timeOrigin + performance.now()) * 1000), last + 1);
  return last / 1e6;
}
