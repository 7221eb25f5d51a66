import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ListOptions, ObjectInfo } from "@glacier/core";
import { compareUtf8, throwIfAborted } from "@glacier/core/adapter";
import type { CaseGuard } from "./case.ts";
import { type Action, isFsError, storageError } from "./errors.ts";
import { infoOf } from "./etag.ts";
import { isKeyName, keySegments } from "./key.ts";
import { isInside, status } from "./locate.ts";

/** Files asked for their status side by side. */
const batchSize = 32;

/**
 * Walks folder by folder in key order: a folder sorts as its name with "/" behind it, so that "a-b" comes before "a/b".
 * Holds the names of the folders on the way down, nothing more. Symlinks that leave the base folder aren't shown.
 */
export async function* listObjects(
  base: string,
  prefix: string,
  guard: CaseGuard,
  options: ListOptions | undefined,
): AsyncGenerator<ObjectInfo> {
  const action: Action = { verb: "list", key: prefix, base };
  throwIfAborted(options?.signal);
  try {
    const at = prefix.lastIndexOf("/");
    const above = prefix.slice(0, at + 1);
    const root = await there(base);
    const segments = at === -1 ? [] : segmentsOf(prefix.slice(0, at));
    if (root === undefined || segments === undefined || (await guard.mismatch(root, segments)) !== undefined) return;
    const folder = await there(join(root, ...segments));
    if (folder === undefined || !isInside(root, folder)) return;
    const walk: Walk = {
      root,
      signal: options?.signal,
      batch: Math.min(options?.pageSize ?? batchSize, batchSize),
      oneLevel: options?.delimiter === "/",
    };
    yield* walkFolder(walk, folder, above, prefix.slice(at + 1), [folder]);
  } catch (error) {
    throw storageError(error, action);
  }
}

interface Walk {
  readonly root: string;
  readonly signal: AbortSignal | undefined;
  readonly batch: number;
  readonly oneLevel: boolean;
}

interface Entry {
  readonly name: string;
  /** What it sorts as: folders end in "/". */
  readonly order: string;
  /** Its real path; undefined for a file, which is where its name says. */
  readonly folder?: string;
}

async function* walkFolder(
  walk: Walk,
  folder: string,
  above: string,
  start: string,
  ancestors: readonly string[],
): AsyncGenerator<ObjectInfo> {
  const entries = await entriesOf(walk, folder, start, ancestors);
  for (let i = 0; i < entries.length; ) {
    throwIfAborted(walk.signal);
    const entry = entries[i] as Entry;
    if (entry.folder === undefined) {
      const files: Entry[] = [];
      while (files.length < walk.batch && i < entries.length && entries[i]?.folder === undefined)
        files.push(entries[i++] as Entry);
      for (const info of await Promise.all(files.map(({ name }) => infoAt(folder, name, above)))) {
        if (info !== undefined) yield info;
        throwIfAborted(walk.signal);
      }
      continue;
    }
    i++;
    const inner = walkFolder({ ...walk, oneLevel: false }, entry.folder, `${above}${entry.order}`, "", [
      ...ancestors,
      entry.folder,
    ]);
    if (!walk.oneLevel) yield* inner;
    else if (!(await isEmpty(inner))) yield { key: `${above}${entry.order}`, size: 0, etag: "", prefix: true };
  }
}

async function entriesOf(walk: Walk, folder: string, start: string, ancestors: readonly string[]): Promise<Entry[]> {
  const found = await ifThere(readdir(folder, { withFileTypes: true }));
  const entries: Entry[] = [];
  for (const dirent of found ?? []) {
    if (!dirent.name.startsWith(start) || !isKeyName(dirent.name)) continue;
    const entry = await entryOf(walk, folder, dirent, ancestors);
    if (entry !== undefined) entries.push(entry);
  }
  return entries.sort((a, b) => compareUtf8(a.order, b.order));
}

async function entryOf(
  walk: Walk,
  folder: string,
  dirent: Dirent,
  ancestors: readonly string[],
): Promise<Entry | undefined> {
  const { name } = dirent;
  if (dirent.isFile()) return { name, order: name };
  if (dirent.isDirectory()) return { name, order: `${name}/`, folder: join(folder, name) };
  if (!dirent.isSymbolicLink()) return undefined;
  const real = await there(join(folder, name));
  if (real === undefined || !isInside(walk.root, real) || ancestors.includes(real)) return undefined;
  const target = await status(real);
  if (target?.isFile() === true) return { name, order: name };
  return target?.isDirectory() === true ? { name, order: `${name}/`, folder: real } : undefined;
}

async function infoAt(folder: string, name: string, above: string): Promise<ObjectInfo | undefined> {
  const found = await ifThere(stat(join(folder, name), { bigint: true }));
  return found?.isFile() === true ? infoOf(`${above}${name}`, found) : undefined;
}

async function isEmpty(objects: AsyncGenerator<ObjectInfo>): Promise<boolean> {
  const { done } = await objects.next();
  await objects.return(undefined);
  return done === true;
}

function segmentsOf(path: string): string[] | undefined {
  try {
    return keySegments(path);
  } catch {
    return undefined; // no key looks like this, so none begins with it
  }
}

function there(path: string): Promise<string | undefined> {
  return ifThere(realpath(path));
}

/** Undefined where something was removed meanwhile, or isn't what its name promised. */
async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isFsError(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
