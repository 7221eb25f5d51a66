import { GlacierError, isGlacierError, type StorageResource } from "@glacier/core";
import { orAbort, throwIfAborted } from "@glacier/core/adapter";
import type { RedisClientType } from "redis";
import { checkOption } from "./options.ts";

/** Objects on a Redis server, version 7 or later. */
export interface RedisResource extends StorageResource {
  readonly kind: "redis";
  /** `redis://host:port/database`, or `rediss://` for TLS; default `redis://127.0.0.1:6379`. A password has no place in it. */
  readonly url?: string;
  /** Begins the name of every Redis key that is used. Default `glacier`. */
  readonly prefix?: string;
}

/** Where the executor and the target of this package keep what names no storage of its own. */
export const defaults: { readonly storage: RedisResource; readonly state: RedisResource } = {
  storage: { kind: "redis", prefix: "glacier:data" },
  state: { kind: "redis", prefix: "glacier:state" },
};

/** Opens a client that is ready to use. */
export type Connect = (url: string) => Promise<RedisClientType>;

/** One connection: opened on first use, and opened anew after it broke. */
export interface Connection {
  /** Runs commands and answers what they answer. Every error is a `GlacierError`; `key` is the object that they are about. */
  run<T>(
    commands: (client: RedisClientType) => Promise<T>,
    about?: { key?: string; signal?: AbortSignal | undefined },
  ): Promise<T>;
  close(): Promise<void>;
}

/** Errors: `OPTION_INVALID`. */
export function openConnection(url: string, connect: Connect = connectByEnvironment): Connection {
  const { host } = checkUrl(url);
  let opening: Promise<RedisClientType> | undefined;
  let running = 0;

  async function run<T>(commands: (client: RedisClientType) => Promise<T>, key: string | undefined): Promise<T> {
    opening ??= connect(url);
    const mine = opening;
    let client: RedisClientType | undefined;
    running++;
    try {
      client = await mine;
      client.ref();
      return await commands(client);
    } catch (error) {
      if (client?.isReady !== true && opening === mine) opening = undefined;
      throw toGlacierError(error, host, key);
    } finally {
      // An idle connection must not keep the process alive.
      if (--running === 0) client?.unref();
    }
  }

  return {
    async run(commands, { key, signal } = {}) {
      throwIfAborted(signal);
      return orAbort(run(commands, key), signal);
    },
    async close() {
      const client = await opening?.catch(() => undefined);
      opening = undefined;
      if (client?.isOpen === true) client.destroy();
    },
  };
}

/** User and password come from the environment: a descriptor stands in plans, which anybody may read. */
async function connectByEnvironment(url: string): Promise<RedisClientType> {
  const { createClient } = await import("redis");
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password } = process.env;
  const client: RedisClientType = createClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // Not here: core repeats calls whose error is retryable, and the next one opens a new connection.
    socket: { reconnectStrategy: false },
    disableOfflineQueue: true,
  });
  client.on("error", () => {}); // whoever waits for a reply gets the error too
  await client.connect();
  return client;
}

function checkUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  checkOption(
    parsed !== undefined && /^rediss?:$/.test(parsed.protocol) && parsed.username + parsed.password === "",
    "the url of a redis storage must be redis://host:port/database, without user and password",
    "Give user and password in the environment, as REDIS_USERNAME and REDIS_PASSWORD.",
  );
  return parsed;
}

/** The first word of a reply says what is wrong: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
function toGlacierError(error: unknown, host: string, key: string | undefined): GlacierError {
  if (isGlacierError(error)) return error;
  const { message, code } = error as Error & { code?: string };
  const word = code ?? /^[A-Z]+\b/.exec(message)?.[0] ?? "";
  const [errorCode, what, hint] = (() => {
    switch (word) {
      case "NOAUTH":
      case "WRONGPASS":
      case "NOPERM":
        return [
          "PERMISSION_DENIED",
          "refused access",
          "Check REDIS_USERNAME and REDIS_PASSWORD, and what that user may do.",
        ] as const;
      case "OOM":
        return ["STORAGE_FULL", "has no memory left", "Raise its maxmemory, or delete objects."] as const;
      case "ERR":
      case "WRONGTYPE":
        return [
          "STORAGE_FAILED",
          "refused a command",
          "It must be Redis 7 or later, and nothing else may use the prefix.",
        ] as const;
      default: // READONLY, LOADING, BUSY, MASTERDOWN…, and whatever happens to a connection
        return ["UNAVAILABLE", "can't be used now", "Check that it runs, and that this machine reaches it."] as const;
    }
  })();
  return new GlacierError(errorCode, {
    // Of a reply only that word: an old server repeats the arguments of its AUTH.
    message: `${key === undefined ? "" : `object "${key}": `}the redis at ${host} ${what} (${word || message})`,
    hint,
    context: { kind: "redis", ...(key !== undefined && { key }) },
  });
}
