import type { BigIntStats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { GlacierError } from "@glacier/core";
import { isFsError } from "./errors.ts";

/** Where a key leads, with every symlink before its last segment resolved and found to stay below the root. */
export interface Place {
  /** The real path of the base folder. */
  readonly root: string;
  /** The real path of the nearest folder above the object that exists. */
  readonly folder: string;
  /** Folders between `folder` and the object that don't exist yet. */
  readonly missing: readonly string[];
  readonly name: string;
  readonly path: string;
}

/**
 * Finds the place of a key, or undefined where not even the base folder exists.
 * Errors: `KEY_INVALID` for a symlink that leaves the base folder, and those of `realpath`.
 */
export async function locate(base: string, segments: readonly string[]): Promise<Place | undefined> {
  const root = await existing(base);
  if (root === undefined) return undefined;
  const name = segments.at(-1) ?? "";
  for (let depth = segments.length - 1; ; depth--) {
    const folder = depth === 0 ? root : await existing(join(root, ...segments.slice(0, depth)));
    if (folder === undefined) continue;
    assertInside(root, folder, segments);
    const missing = segments.slice(depth, -1);
    return { root, folder, missing, name, path: join(folder, ...missing, name) };
  }
}

/**
 * The file of a place and its status, where there is one. A symlink is followed when it stays inside the root.
 * Errors: `KEY_INVALID` for a symlink that leaves the base folder, and those of `lstat`.
 */
export async function settle(
  place: Place,
  segments: readonly string[],
): Promise<{ place: Place; stat: BigIntStats | undefined }> {
  const stat = await status(place.path);
  if (stat?.isSymbolicLink() !== true) return { place, stat };
  const path = await existing(place.path);
  if (path === undefined) return { place, stat: undefined };
  assertInside(place.root, path, segments);
  return { place: { ...place, folder: dirname(path), name: basename(path), path }, stat: await status(path) };
}

/** Whether a real path is the root or below it. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** `lstat`, or undefined where there is nothing. */
export async function status(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function existing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isFsError(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

function assertInside(root: string, path: string, segments: readonly string[]): void {
  if (isInside(root, path)) return;
  const key = segments.join("/");
  throw new GlacierError("KEY_INVALID", {
    message: `object key "${key}" leaves ${root} through a symlink`,
    hint: "Let basePath be the folder that the symlink points to, or copy the file below basePath.",
    context: { key },
  });
}
