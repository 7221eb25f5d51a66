import { executeTask } from "../src/execute/index.ts";
import type { Executor, Provider, StorageAdapter, StorageResource } from "../src/index.ts";
import { GlacierError } from "../src/index.ts";
import { nodeRuntime } from "../src/node/index.ts";
import { readAll } from "../src/stream/bytes.ts";

/** What a test can make go wrong: called before every storage call, may throw. */
export type Fault = (call: { op: "read" | "write" | "stat" | "delete"; key: string; kind: string }) => void;

/** Objects in memory, with real conditional writes: core's own test double for a storage. */
export interface TestWorld {
  readonly objects: Map<string, { bytes: Uint8Array; etag: string }>;
  readonly executor: Executor<"local" | "container" | "serverless">;
  fault: Fault | undefined;
  text(key: string): string;
  json(key: string): unknown;
  put(key: string, text: string | Uint8Array): void;
}

export function createWorld(): TestWorld {
  const objects: TestWorld["objects"] = new Map();
  let version = 0;
  const put = (key: string, bytes: Uint8Array) => {
    const etag = `v${++version}`;
    objects.set(key, { bytes, etag });
    return { key, size: bytes.length, etag };
  };
  const error = (code: "NOT_FOUND" | "PRECONDITION_FAILED", key: string) =>
    new GlacierError(code, { message: `${key}: ${code}`, hint: "test", context: { key } });

  function adapter(resource: StorageResource): StorageAdapter {
    const prefix = resource.kind === "state" ? "state/" : "";
    const hit = (op: Parameters<Fault>[0]["op"], key: string) => world.fault?.({ op, key, kind: resource.kind });
    return {
      async read(key, { range, ifMatch, signal } = {}) {
        hit("read", key);
        signal?.throwIfAborted();
        const found = objects.get(prefix + key);
        if (found === undefined) throw error("NOT_FOUND", key);
        if (ifMatch !== undefined && ifMatch !== found.etag) throw error("PRECONDITION_FAILED", key);
        const bytes = range === undefined ? found.bytes : found.bytes.subarray(range.start, range.end);
        return { body: chunks(bytes), info: { key, size: found.bytes.length, etag: found.etag } };
      },
      async write(key, body, { ifMatch, ifNoneMatch, signal } = {}) {
        hit("write", key);
        const bytes = await readAll(body);
        signal?.throwIfAborted();
        const before = objects.get(prefix + key);
        if (ifNoneMatch !== undefined && before !== undefined) throw error("PRECONDITION_FAILED", key);
        if (ifMatch !== undefined && before?.etag !== ifMatch) throw error("PRECONDITION_FAILED", key);
        return { ...put(prefix + key, bytes.slice()), key };
      },
      async stat(key) {
        hit("stat", key);
        const found = objects.get(prefix + key);
        if (found === undefined) throw error("NOT_FOUND", key);
        return { key, size: found.bytes.length, etag: found.etag };
      },
      async *list(start) {
        for (const key of [...objects.keys()].sort()) {
          if (!key.startsWith(prefix + start)) continue;
          const { bytes, etag } = objects.get(key) as { bytes: Uint8Array; etag: string };
          yield { key: key.slice(prefix.length), size: bytes.length, etag };
        }
      },
      async delete(key) {
        hit("delete", key);
        objects.delete(prefix + key);
      },
      uri: (key) => `test://${prefix}${key}`,
    };
  }

  const provider: Provider = { name: "test", contract: 1, storage: { data: adapter, state: adapter } };
  const runtime = nodeRuntime();
  const world: TestWorld = {
    objects,
    fault: undefined,
    executor: {
      name: "test",
      supports: ["local", "container", "serverless"],
      defaultStorage: { kind: "data" },
      state: { kind: "state" },
      providers: [provider],
      execute: (invocation, context) => executeTask(invocation, context, runtime),
    },
    text: (key) => new TextDecoder().decode(objects.get(key)?.bytes),
    json: (key) => JSON.parse(world.text(key)),
    put: (key, text) => void put(key, typeof text === "string" ? new TextEncoder().encode(text) : text),
  };
  return world;
}

/** In small pieces, as a network gives them. */
async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
