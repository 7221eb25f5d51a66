import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { GlacierError, type ObjectInfo, type ReadOptions, type ReadResult } from "@glacier/core";
import { changed, notFound, resolveRange, throwIfAborted } from "@glacier/core/adapter";
import { type Action, isFsError, mapped, storageError } from "./errors.ts";
import { etagOf, infoOf } from "./etag.ts";
import { type Place, settle } from "./locate.ts";

/** Bytes per chunk: large enough to copy fast, small enough that the garbage of a stream of rows stays small. */
const chunkSize = 256 * 1024;

/** O_NONBLOCK: opening a pipe must not wait for its other end. Windows knows neither flag. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Closes the files of bodies that nobody ever iterates. */
const abandoned = new FinalizationRegistry<FileHandle>((handle) => {
  handle.close().catch(() => {});
});

/**
 * Opens the file first and asks the open handle for its status, so that etag and bytes are of one version.
 * A file of at most one chunk is read and closed at once.
 */
export async function readObject(
  place: Place,
  segments: readonly string[],
  action: Action,
  options: ReadOptions | undefined,
): Promise<ReadResult> {
  const handle = await mapped(openInside(place, segments, action), action);
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile())
      throw notFound(action.key, action.base, "There is a folder or a special file of that name, which is no object.");
    const info = infoOf(action.key, stat);
    if (options?.ifMatch !== undefined && options.ifMatch !== info.etag) throw changed(action.key);
    const { start, end } = resolveRange(options?.range, info.size);
    const body = fileBody(handle, start, end, info, action, options);
    return { info, body: end - start <= chunkSize ? await inMemory(body, options?.signal) : body };
  } catch (error) {
    await handle.close().catch(() => {});
    throw storageError(error, action);
  }
}

async function openInside(place: Place, segments: readonly string[], action: Action): Promise<FileHandle> {
  try {
    return await open(place.path, flags);
  } catch (error) {
    // ELOOP (EMLINK on FreeBSD): the object is a symlink.
    if (!isFsError(error, "ELOOP", "EMLINK")) throw error;
    const { place: real, stat } = await settle(place, segments);
    if (stat === undefined)
      throw notFound(action.key, action.base, "There is a symlink of that name, which leads nowhere.");
    return open(real.path, flags);
  }
}

/**
 * The bytes from `start` to `end`, one chunk read ahead. Before the last chunk is handed out the file's status is asked
 * again: with `ifMatch` a change in place is `PRECONDITION_FAILED`, without it only a file that got shorter is an error.
 */
function fileBody(
  handle: FileHandle,
  start: number,
  end: number,
  info: ObjectInfo,
  action: Action,
  options: ReadOptions | undefined,
): AsyncIterable<Uint8Array> {
  let position = start;
  let ahead: Promise<Uint8Array | undefined> | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    options?.signal?.removeEventListener("abort", close);
    abandoned.unregister(handle);
    closing ??= handle.close();
    return closing;
  };
  // An aborted reader may never ask again.
  options?.signal?.addEventListener("abort", close, { once: true });

  async function load(): Promise<Uint8Array | undefined> {
    if (position >= end) return undefined;
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkSize, end - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) throw options?.ifMatch === undefined ? shortened(action) : changed(action.key);
    position += bytesRead;
    if (position >= end && options?.ifMatch !== undefined && etagOf(await handle.stat({ bigint: true })) !== info.etag)
      throw changed(action.key);
    return new Uint8Array(buffer.buffer, 0, bytesRead);
  }

  const iterator: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]: () => iterator,
    async next() {
      try {
        throwIfAborted(options?.signal);
        const value = closing === undefined ? await (ahead ?? load()) : undefined;
        ahead = undefined;
        if (value === undefined || position >= end) await close();
        else {
          ahead = load();
          ahead.catch(() => {});
        }
        return value === undefined ? { done: true, value } : { done: false, value };
      } catch (error) {
        await close().catch(() => {});
        throwIfAborted(options?.signal);
        throw storageError(error, action);
      }
    },
    async return() {
      await ahead?.catch(() => {});
      await close();
      return { done: true, value: undefined };
    },
  };
  abandoned.register(iterator, handle, handle);
  return iterator;
}

async function inMemory(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return (async function* () {
    for (const chunk of chunks) {
      throwIfAborted(signal);
      yield chunk;
    }
  })();
}

function shortened({ key, base }: Action): GlacierError {
  return new GlacierError("STORAGE_FAILED", {
    message: `object "${key}" in ${base} became shorter while it was read`,
    hint: "Another program truncates the file in place: let it write a new file and rename it.",
    context: { key },
  });
}
