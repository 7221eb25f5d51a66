import type { ReadOptions } from "../storage/adapter.ts";

/** The bytes from `start` to `end` (exclusive) that a range means in an object of `size` bytes. */
export function resolveRange(range: ReadOptions["range"], size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  const start = Math.min(range.start < 0 ? Math.max(0, size + range.start) : range.start, size);
  const end = Math.min(range.end ?? size, size);
  return { start, end: Math.max(start, end) };
}
