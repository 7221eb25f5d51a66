import { randomUUID } from "node:crypto";
import { GlacierError, type ObjectInfo, type StorageAdapter, type WriteOptions } from "@glacier/core";
import { changed, checkKey, existsAlready, notFound, pull, resolveRange, throwIfAborted } from "@glacier/core/adapter";
import type { RedisClientType } from "redis";
import { chunkSize, inChunks } from "./chunks.ts";
import { checkOption } from "./options.ts";
import { type Connect, openConnection, type RedisResource } from "./redis.ts";
import { deleteScript, publishScript } from "./scripts.ts";

/** Seconds that chunks are kept which no object has: since the last read of a replaced version, since the last chunk of a write. */
const grace = 600;

/**
 * Objects on a Redis server. It has
 * - `<prefix>:data:<etag>`, a hash: the chunks of one version by their numbers; they never change
 * - `<prefix>:object:<key>`, a string: what is known of an object, as JSON; its etag names its version
 * - `<prefix>:index`, a sorted set: all keys
 *
 * Chunks are written first, and then one script switches the object to them. Errors: `OPTION_INVALID`.
 */
export function redisStorage(resource: RedisResource, connect?: Connect): StorageAdapter {
  const { url = "redis://127.0.0.1:6379", prefix: root = "glacier" } = resource;
  checkOption(
    typeof root === "string",
    "the prefix of a redis storage must be text",
    'Write prefix: "glacier:orders", say.',
  );
  const server = openConnection(url, connect);
  const index = `${root}:index`;
  const objectName = (key: string): string => `${root}:object:${key}`;
  const dataName = (etag: string): string => `${root}:data:${etag}`;

  async function stat(key: string, signal: AbortSignal | undefined): Promise<ObjectInfo> {
    const name = objectName(checkKey(key));
    const text = await server.run((client) => client.get(name), { key, signal });
    if (text === null) throw notFound(key, `redis (${root})`);
    return parseInfo(key, text);
  }

  async function* readChunks(
    info: ObjectInfo,
    start: number,
    end: number,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const { RESP_TYPES } = await import("redis");
    const data = dataName(info.etag);
    for (let at = start; at < end; ) {
      const number = Math.floor(at / chunkSize);
      const [chunk] = await server.run(
        // XX: only a version that was replaced meanwhile is about to expire, and not while it is read.
        (client) =>
          Promise.all([
            client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).hGet(data, `${number}`),
            client.expire(data, grace, "XX"),
          ]),
        { key: info.key, signal },
      );
      if (chunk === null) throw chunksGone(info.key);
      const offset = number * chunkSize;
      yield chunk.subarray(at - offset, end - offset);
      at = offset + chunkSize;
    }
  }

  async function publish(info: ObjectInfo, chunks: number, { ifMatch, ifNoneMatch }: WriteOptions): Promise<void> {
    const { key, ...rest } = info;
    const answer = await server.run(
      (client) =>
        client.eval(publishScript, {
          keys: [objectName(key), index, dataName(info.etag)],
          arguments: [
            key,
            JSON.stringify(rest),
            `${chunks}`,
            ifMatch ?? "",
            ifNoneMatch ?? "",
            dataName(""),
            `${grace}`,
          ],
        }),
      { key }, // without the signal: once it is sent, nobody can take it back
    );
    if (answer === "EXISTS") throw existsAlready(key);
    if (answer === "CHANGED") throw changed(key);
    if (answer === "GONE") throw chunksGone(key);
  }

  async function deleteAll(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const script = { keys: [index, ...keys.map(objectName)], arguments: [dataName(""), `${grace}`, ...keys] };
    await server.run((client) => client.eval(deleteScript, script), { signal });
  }

  return {
    async read(key, { range, ifMatch, signal } = {}) {
      const info = await stat(key, signal);
      if (ifMatch !== undefined && ifMatch !== info.etag) throw changed(key);
      const { start, end } = resolveRange(range, info.size);
      return { info, body: readChunks(info, start, end, signal) };
    },

    async write(key, body, options = {}) {
      const { signal, contentType, metadata } = options;
      checkKey(key);
      const etag = randomUUID();
      const data = dataName(etag);
      let size = 0;
      let chunks = 0;
      try {
        for await (const chunk of inChunks(pull(body, signal))) {
          const field = `${chunks++}`;
          size += chunk.length;
          const store = (client: RedisClientType) =>
            Promise.all([client.hSet(data, field, chunk), client.expire(data, grace)]);
          await server.run(store, { key, signal });
        }
        throwIfAborted(signal);
      } catch (error) {
        // Not waited for, and no matter if it fails: the chunks expire.
        if (chunks > 0) server.run((client) => client.unlink(data)).catch(() => {});
        throw error;
      }
      const described = {
        ...(contentType !== undefined && { contentType }),
        ...(metadata !== undefined && { metadata }),
      };
      const info: ObjectInfo = { key, size, etag, modified: new Date(), ...described };
      // From here on the chunks are left alone: where the answer is lost, they may be published.
      await publish(info, chunks, options);
      return info;
    },

    stat: (key, { signal } = {}) => stat(key, signal),

    async *list(prefix, { delimiter, pageSize = 1000, signal } = {}) {
      const end = behindAll("(", prefix);
      let start: Buffer = Buffer.from(`[${prefix}`);
      for (let level = ""; ; ) {
        const page = { LIMIT: { offset: 0, count: pageSize } };
        const [keys, texts] = await server.run(
          async (client) => {
            const keys = await client.zRangeByLex(index, start, end, page);
            return [keys, keys.length === 0 ? [] : await client.mGet(keys.map(objectName))] as const;
          },
          { signal },
        );
        for (const [i, key] of keys.entries()) {
          throwIfAborted(signal);
          if (level !== "" && key.startsWith(level)) continue;
          const slash = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
          level = slash === -1 ? "" : key.slice(0, slash + 1);
          const text = texts[i];
          if (level !== "") yield { key: level, size: 0, etag: "", prefix: true };
          else if (typeof text === "string") yield parseInfo(key, text);
        }
        const last = keys.at(-1);
        if (last === undefined || keys.length < pageSize) return;
        start = level === "" ? Buffer.from(`(${last}`) : behindAll("[", level);
      }
    },

    async delete(key, { signal } = {}) {
      await deleteAll([checkKey(key)], signal);
    },

    async deleteMany(keys, { signal } = {}) {
      const failed: { key: string; error: Error }[] = [];
      const good = keys.filter((key) => {
        try {
          return checkKey(key);
        } catch (error) {
          failed.push({ key, error: error as Error });
          return false;
        }
      });
      for (let at = 0; at < good.length; at += 1000) await deleteAll(good.slice(at, at + 1000), signal);
      return failed;
    },

    uri: (key) => `${url.replace(/\/$/, "")}/${`${root}/${checkKey(key)}`.replace(/[^\w./:-]+/g, encodeURIComponent)}`,

    close: () => server.close(),
  };
}

function parseInfo(key: string, text: string): ObjectInfo {
  const { modified, ...info } = JSON.parse(text);
  return { key, ...info, modified: new Date(modified) };
}

/** An end of a ZRANGEBYLEX range behind everything that begins with `text`: no UTF-8 has the byte 0xff. */
function behindAll(bracket: "(" | "[", text: string): Buffer {
  return Buffer.concat([Buffer.from(bracket + text), Buffer.of(0xff)]);
}

function chunksGone(key: string): GlacierError {
  return new GlacierError("UNAVAILABLE", {
    message: `object "${key}": redis no longer has all chunks of the version that was under way`,
    hint: `A pause of more than ${grace} seconds does it, or a maxmemory-policy other than noeviction.`,
    context: { kind: "redis", key },
  });
}
