import { constants, unlinkSync } from "node:fs";
import { copyFile, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type GlacierError,
  isGlacierError,
  type LocalFsResource,
  type StorageAdapter,
  type StorageFactory,
} from "@glacier/core";
import { changed, discard, notFound, pull, throwIfAborted } from "@glacier/core/adapter";
import { createCaseGuard } from "./case.ts";
import { type Action, mapped, storageError } from "./errors.ts";
import { etagOf, infoOf } from "./etag.ts";
import { keySegments } from "./key.ts";
import { listObjects } from "./list.ts";
import { locate, type Place, settle } from "./locate.ts";
import { withLock } from "./lock.ts";
import { readObject } from "./read.ts";
import { createSweeper, lockName } from "./temp.ts";
import { prune, syncFolders, type Writer, writeObject } from "./write.ts";

/** Smaller chunks than this are gathered before they are written. Bytes. */
const gather = 256 * 1024;

/**
 * Objects as plain files below `basePath`, readable by any other tool. A write goes to a temp file beside the object,
 * is synced to disk and renamed; conditions hold across processes. `contentType` and `metadata` are not kept: a plain
 * file has no place for them, so `stat` never has them.
 *
 * A file system can't hold both an object "a" and an object "a/b" (`KEY_INVALID`), and a disk that folds case can't hold
 * both "a" and "A" (`KEY_INVALID` on write, `NOT_FOUND` on read). Symlinks are followed below `basePath` only.
 */
export const localFs: StorageFactory<LocalFsResource> = (resource) => {
  const base = resolve(resource.basePath);
  const guard = createCaseGuard();
  const writer: Writer = { base, guard, sweep: createSweeper() };

  /** The place of an object that is read, or `NOT_FOUND`. */
  async function find(segments: readonly string[], action: Action): Promise<Place> {
    const place = await mapped(locate(base, segments), action);
    if (place === undefined || place.missing.length > 0) throw notFound(action.key, base);
    if ((await mapped(guard.mismatch(place.root, segments), action)) !== undefined) {
      throw notFound(action.key, base, "The disk has a file whose name differs in case only, which is another object.");
    }
    return place;
  }

  const adapter: StorageAdapter = {
    async read(key, options) {
      throwIfAborted(options?.signal);
      const action: Action = { verb: "read", key, base };
      const segments = keySegments(key);
      return readObject(await find(segments, action), segments, action, options);
    },

    async write(key, body, options) {
      const action: Action = { verb: "write", key, base };
      let started = false;
      try {
        return await writeObject(writer, keySegments(key), action, options, (file) => {
          started = true;
          return store(file, body, action, options?.signal);
        });
      } finally {
        if (!started) discard(body);
      }
    },

    async stat(key, options) {
      throwIfAborted(options?.signal);
      const action: Action = { verb: "stat", key, base };
      const segments = keySegments(key);
      const { stat } = await mapped(settle(await find(segments, action), segments), action);
      if (stat?.isFile() !== true) throw notFound(key, base);
      return infoOf(key, stat);
    },

    list: (prefix, options) => listObjects(base, prefix, guard, options),

    async delete(key, options) {
      throwIfAborted(options?.signal);
      const action: Action = { verb: "delete", key, base };
      const segments = keySegments(key);
      try {
        const place = await find(segments, action);
        if ((await settle(place, segments)).stat?.isFile() !== true) return;
        await withLock(join(place.folder, lockName(place.name)), () => unlinkSync(place.path), {
          signal: options?.signal,
        });
        await syncFolders(place.folder);
        await prune(place.root, place.folder);
      } catch (error) {
        const failure = storageError(error, action);
        if (failure.code !== "NOT_FOUND") throw failure;
      }
    },

    async copy(from, to, options) {
      const segments = keySegments(from);
      const reading: Action = { verb: "read", key: from, base };
      const { place, stat } = await mapped(settle(await find(segments, reading), segments), reading);
      if (stat?.isFile() !== true) throw notFound(from, base);
      return writeObject(writer, keySegments(to), { verb: "copy", key: to, base }, options, async (_, temp) => {
        await mapped(copyFile(place.path, temp, constants.COPYFILE_FICLONE), { verb: "copy", key: to, base });
        const after = await mapped(settle(place, segments), reading);
        if (after.stat === undefined || etagOf(after.stat) !== etagOf(stat))
          throw changed(from, after.stat === undefined);
      });
    },

    async deleteMany(keys, options) {
      const failed: { key: string; error: GlacierError }[] = [];
      for (const key of keys) {
        try {
          await adapter.delete(key, options);
        } catch (error) {
          if (!isGlacierError(error) || options?.signal?.aborted === true) throw error;
          failed.push({ key, error });
        }
      }
      return failed;
    },

    uri: (key) => pathToFileURL(join(base, ...keySegments(key))).href,
    localPath: (key) => join(base, ...keySegments(key)),
  };
  return adapter;
};

/** Writes a body to a file, small chunks gathered; pulls the next one when the last is stored. */
async function store(
  file: FileHandle,
  body: AsyncIterable<Uint8Array>,
  action: Action,
  signal: AbortSignal | undefined,
): Promise<void> {
  const gathered = Buffer.allocUnsafeSlow(gather);
  let filled = 0;
  const flush = async (): Promise<void> => {
    if (filled > 0) await mapped(writeAll(file, gathered.subarray(0, filled)), action);
    filled = 0;
  };
  for await (const chunk of pull(body, signal)) {
    if (filled + chunk.length > gather) await flush();
    if (chunk.length >= gather) await mapped(writeAll(file, chunk), action);
    else {
      gathered.set(chunk, filled); // a copy: the body may use its buffer again
      filled += chunk.length;
    }
  }
  throwIfAborted(signal);
  await flush();
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
}
