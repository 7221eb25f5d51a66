import { linkSync, lstatSync, readdirSync, renameSync } from "node:fs";
import { type FileHandle, mkdir, open, rmdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GlacierError, type ObjectInfo, type WriteOptions } from "@glacier/core";
import { checkConditions, existsAlready, throwIfAborted } from "@glacier/core/adapter";
import { type CaseGuard, fold } from "./case.ts";
import { type Action, isFsError, storageError } from "./errors.ts";
import { etagOf, freshTime, infoOf } from "./etag.ts";
import { locate, type Place, settle } from "./locate.ts";
import { withLock } from "./lock.ts";
import { lockName, tempName } from "./temp.ts";

/** What the writes of one adapter share. */
export interface Writer {
  readonly base: string;
  readonly guard: CaseGuard;
  readonly sweep: (folder: string) => Promise<void>;
}

/**
 * Fills a temp file beside the object, syncs it to disk, and publishes it in one step: a link for create-only, else a
 * rename under the object's lock. Whatever fails, the temp file goes. `fill` throws what it likes; it passes through.
 */
export async function writeObject(
  writer: Writer,
  segments: readonly string[],
  action: Action,
  options: WriteOptions | undefined,
  fill: (file: FileHandle, path: string) => Promise<void>,
): Promise<ObjectInfo> {
  const mapped = <T>(promise: Promise<T>): Promise<T> =>
    promise.catch((error: unknown) => Promise.reject(storageError(error, action)));
  throwIfAborted(options?.signal);
  const { place, temp, file, created } = await mapped(prepare(writer, segments, action, options));
  try {
    let info: ObjectInfo;
    try {
      await mapped(writer.sweep(place.folder));
      await fill(file, temp);
      const now = freshTime();
      await mapped(file.utimes(now, now));
      await mapped(file.sync());
      info = infoOf(action.key, await mapped(file.stat({ bigint: true })));
    } finally {
      await mapped(file.close());
    }
    throwIfAborted(options?.signal);
    await mapped(publish(writer, place, temp, action, options));
    await mapped(syncFolders(place.folder, created));
    return info;
  } catch (error) {
    await unlink(temp).catch(() => {});
    await prune(place.root, place.folder);
    throw error;
  }
}

/** Removes the folders from `folder` up that are empty; an object store has no empty folders. */
export async function prune(root: string, folder: string): Promise<void> {
  for (let at = folder; at !== root && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

/** Makes the new names in a folder survive a power cut. */
export async function syncFolders(folder: string, upTo: string = folder): Promise<void> {
  if (process.platform === "win32") return; // can't open a folder
  for (let at = folder; ; at = dirname(at)) {
    const handle = await open(at, "r");
    try {
      await handle.sync();
    } catch (error) {
      if (!isFsError(error, "EINVAL", "ENOTSUP", "EISDIR")) throw error; // some file systems don't sync folders
    } finally {
      await handle.close();
    }
    if (at === upTo || at === dirname(at)) return;
  }
}

interface Prepared {
  readonly place: Place;
  readonly temp: string;
  readonly file: FileHandle;
  /** The folder above the topmost one that had to be made. */
  readonly created: string | undefined;
}

/** Makes the folders, checks what can be checked before the body is read, and opens the temp file. */
async function prepare(
  writer: Writer,
  segments: readonly string[],
  action: Action,
  options: WriteOptions | undefined,
): Promise<Prepared> {
  let created: string | undefined;
  for (let attempt = 0; ; attempt++) {
    const found = await locate(writer.base, segments);
    if (found === undefined || found.missing.length > 0) {
      if (attempt > 20) throw new Error("the folder vanishes as often as it is made");
      created = (await makeFolders(found === undefined ? writer.base : dirname(found.path))) ?? created;
      continue;
    }
    try {
      const { place, stat } = await settle(found, segments);
      if (stat?.isDirectory() === true) await rmdir(place.path); // an empty one is left over from something
      if ((await writer.guard.mismatch(place.root, segments)) !== undefined) throw otherCase(action);
      checkConditions(options, stat?.isFile() === true ? etagOf(stat) : undefined, action.key);
      const temp = join(place.folder, tempName());
      return { place, temp, file: await open(temp, "wx"), created };
    } catch (error) {
      if (created !== undefined) await prune(found.root, found.folder);
      // Another writer removed the empty folder meanwhile.
      if (!isFsError(error, "ENOENT") || attempt > 20) throw error;
    }
  }
}

/**
 * Makes a folder and those above it; answers the folder above the topmost that was made. (`mkdir` with `recursive` says
 * ENOENT on a read-only disk.)
 */
async function makeFolders(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return dirname(folder);
  } catch (error) {
    if (isFsError(error, "EEXIST")) return undefined;
    if (!isFsError(error, "ENOENT") || dirname(folder) === folder) throw error;
    const top = await makeFolders(dirname(folder));
    return (await makeFolders(folder)) === undefined ? top : (top ?? dirname(folder));
  }
}

async function publish(
  writer: Writer,
  place: Place,
  temp: string,
  action: Action,
  options: WriteOptions | undefined,
): Promise<void> {
  const folds = await writer.guard.folds(place.folder, basename(temp));
  if (options?.ifNoneMatch === "*" && !folds && link(temp, place, action)) return unlink(temp);
  const change = (assertHeld: () => void): void => {
    if (folds) assertSpelling(place, basename(temp), action);
    const stat = lstatSync(place.path, { bigint: true, throwIfNoEntry: false });
    checkConditions(options, stat?.isFile() === true ? etagOf(stat) : undefined, action.key);
    assertHeld();
    renameSync(temp, place.path);
  };
  await withLock(join(place.folder, lockName(place.name)), change, { signal: options?.signal });
}

/** Publishes by a hard link, which never replaces. False where the file system has none (FAT, some network disks). */
function link(temp: string, place: Place, action: Action): boolean {
  try {
    linkSync(temp, place.path);
    return true;
  } catch (error) {
    if (isFsError(error, "EEXIST")) throw existsAlready(action.key);
    if (isFsError(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) return false;
    throw error;
  }
}

/** On a disk that folds case: no other spelling of the name may be there, and the disk must keep the key's own. */
function assertSpelling(place: Place, tempName: string, action: Action): void {
  const names = readdirSync(place.folder);
  const other = names.some((name) => name !== place.name && fold(name) === fold(place.name));
  // Some disks show every name in one case, as the temp file's proves.
  const keptAsIs = names.includes(tempName) || place.name === place.name.toLowerCase();
  if (other || !keptAsIs) throw otherCase(action);
}

function otherCase({ key, base, verb }: Action): GlacierError {
  return new GlacierError("KEY_INVALID", {
    message: `can't ${verb} "${key}" in ${base}: the disk spells this name otherwise, and takes both spellings for one file`,
    hint: "Choose lower-case names that differ in more than case, or a case-sensitive disk.",
    context: { key },
  });
}
